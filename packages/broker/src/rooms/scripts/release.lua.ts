import { Script } from '../../redis/scripts/script-call.ts';
import { STREAM_FUNCTIONS } from './functions.lua.ts';
import { UNARCHIVED_MS } from './unarchived.ts';

const RELEASE_FUNCTION = String.raw`
local function release(kept, epoch, seq, ttl)
  redis.call('HSET', kept, 'archived', epoch .. seq)
  if redis.call('PTTL', kept) < tonumber(ttl) then redis.call('PEXPIRE', kept, ttl) end
end
`;

/**
 * Has nothing up to a position be stored for the archive any longer.
 *
 *     KEYS  what is kept for the archive
 *     ARGV  epoch, seq, for how long the position is known at least, in ms
 */
export const RELEASE = new Script(String.raw`${RELEASE_FUNCTION}
release(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
`);

/**
 * The same of a room in which nothing has come for a while: what is stored of it, if that is all archived, lives no longer than the room
 * keeps it. The next message finds that less is left than is ever set, and sets it again.
 *
 *     KEYS  what is kept for the archive, stream
 *     ARGV  as above
 */
export const SETTLE = new Script(String.raw`
${STREAM_FUNCTIONS}
${RELEASE_FUNCTION}
local kept, stream = KEYS[1], KEYS[2]
release(kept, ARGV[1], ARGV[2], ARGV[3])
local ms = tonumber(redis.call('HMGET', kept, 'ms')[1] or '')
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
-- Of one that lives about as long anyway the time is read off what is left to live (scripts/publish-messages.lua.ts).
if not ms or 2 * ms > ${String(UNARCHIVED_MS)} or not newest or entry_seq(newest) ~= tonumber(ARGV[2]) then return end
redis.call('PEXPIREAT', stream, entry_at(newest) + ms + math.floor(ms / 8), 'LT')
`);
