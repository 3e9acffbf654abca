import { Script } from '../../redis/scripts/script-call.ts';

/**
 * The check that comes first in whatever publishes: nobody has been granted the symbol's lease later
 * (leases/scripts/lease.lua.ts). A fence that is higher than the highest known is the grant of a Redis that was replaced since,
 * and becomes the highest. Without any, Redis has lost its data, and an old leader could not be told from the last one:
 * everybody is to ask for a lease again.
 */
const IS_FENCED = String.raw`
local function is_fenced(highest_key, fence)
  local highest = redis.call('GET', highest_key)
  if not highest or tonumber(fence) < tonumber(highest) then return true end
  if tonumber(fence) > tonumber(highest) then redis.call('SET', highest_key, fence, 'KEEPTTL') end
  return false
end
`;

/**
 * Stores a snapshot in the place of everything stored before it, and sends it.
 *
 *     KEYS  snapshot, deltas, highest fence
 *     ARGV  channel, frame, ttl ms, fence
 *     reply 3 where the publisher does not lead any more: then nothing was stored or sent
 */
export const PUBLISH_SNAPSHOT = Script.bounded(String.raw`${IS_FENCED}
if is_fenced(KEYS[3], ARGV[4]) then return 3 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
redis.call('PUBLISH', ARGV[1], ARGV[2])
`);

/**
 * Stores a delta behind the snapshot, and sends it.
 *
 *     KEYS  snapshot, deltas, highest fence
 *     ARGV  channel, frame, ttl ms, fence, most deltas to keep
 *     reply 1 where there is no snapshot, 2 where there are too many deltas, 3 where the publisher does not lead any more: then
 *           nothing was stored or sent
 */
export const PUBLISH_DELTA = Script.bounded(String.raw`${IS_FENCED}
if is_fenced(KEYS[3], ARGV[4]) then return 3 end
if redis.call('PEXPIRE', KEYS[1], ARGV[3]) == 0 then return 1 end
if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[5]) then return 2 end
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[1], ARGV[2])
`);

/**
 * Sends a sign of life.
 *
 *     KEYS  highest fence
 *     ARGV  channel, frame, fence
 *     reply 3 where the publisher does not lead any more: then nothing was sent
 */
export const PUBLISH_PULSE = Script.bounded(String.raw`${IS_FENCED}
if is_fenced(KEYS[1], ARGV[3]) then return 3 end
redis.call('PUBLISH', ARGV[1], ARGV[2])
`);

/**
 * The snapshot and the deltas behind it, as of one moment.
 *
 *     KEYS  snapshot, deltas
 *     reply frames, the snapshot's first; none where there is no snapshot
 */
export const READ_BOOK = new Script(
  String.raw`
local snapshot = redis.call('GET', KEYS[1])
if not snapshot then return {} end
local frames = redis.call('LRANGE', KEYS[2], 0, -1)
table.insert(frames, 1, snapshot)
return frames
`,
  { isReadOnly: true },
);
