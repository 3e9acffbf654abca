import { NOW_MS } from '../../redis/scripts/clock.lua.ts';
import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Says that a publisher is present, forgets those that are no more, and tells who is. What is stored goes with the last one.
 *
 *     KEYS  sorted set of publishers by the time until which they are present, hash of what they offer
 *     ARGV  publisher, offers, lease ms
 *     reply publisher, offers, ms for which it is present, one after the other
 */
export const ATTEND = Script.bounded(String.raw`${NOW_MS}
local now = now_ms()
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])

for _, publisher in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))) do
  redis.call('ZREM', KEYS[1], publisher)
  redis.call('HDEL', KEYS[2], publisher)
end

local present = {}
local scores = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #scores, 2 do
  table.insert(present, scores[i])
  table.insert(present, redis.call('HGET', KEYS[2], scores[i]) or '')
  table.insert(present, tonumber(scores[i + 1]) - now)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, string.format('%.0f', scores[#scores] - now)) end
return present
`);
