import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Holds a node's count of a subject.
 *
 *     KEYS  hash: node to count
 *     ARGV  node, count, max ('' for any), ttl ms, nodes that are lost ...
 *     reply 1, or 0 and the nodes that have a count
 */
export const HOLD_COUNT = Script.bounded(String.raw`
for i = 5, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if ARGV[3] ~= '' then
  local total = tonumber(ARGV[2])
  local counts = redis.call('HGETALL', KEYS[1])
  for i = 1, #counts, 2 do
    if counts[i] ~= ARGV[1] then total = total + counts[i + 1] end
  end
  if total > tonumber(ARGV[3]) then return { 0, redis.call('HKEYS', KEYS[1]) } end
end
if tonumber(ARGV[2]) > 0 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return { 1, {} }
`);

/**
 * A token bucket as one number: the time at which it is full again, in milliseconds of Redis's clock and parts of them. What is
 * taken from it is the time that it takes to have as much again.
 */
const TAKE = String.raw`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full_at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0')) + ARGV[1]
`;

/**
 * Takes a token, where there is one.
 *
 *     KEYS  time
 *     ARGV  ms per token, tokens
 *     reply 1, or 0 where there is no token
 */
export const TAKE_TOKEN = Script.bounded(String.raw`${TAKE}
if full_at - now > ARGV[1] * ARGV[2] then return 0 end
redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', math.ceil(full_at - now))
return 1
`);

/**
 * Takes what has been used already, even where there is less.
 *
 *     KEYS  time
 *     ARGV  ms that it takes to have as much again, ms that it takes to fill the bucket
 *     reply ms until the bucket is not in debt, 0 where it is not
 */
export const SPEND = Script.bounded(String.raw`${TAKE}
full_at = math.min(full_at, now + 2 * ARGV[2])
redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', math.max(1, math.ceil(full_at - now)))
return math.max(0, math.ceil(full_at - now - ARGV[2]))
`);
