import { Script } from '../../redis/scripts/script-call.ts';

/**
 * A lease is a key that expires and holds the fence of its holder; beside it, the highest fence that was granted or used.
 *
 * A new fence is no lower than Redis's time in microseconds: so it goes up even where the highest one was lost with everything
 * else, or has been forgotten because the name was not used for a day. Whoever takes it may know of a higher one. Exact up to 2^53, which is in the year 2255.
 *
 *     KEYS  holder, highest fence
 *     ARGV  lease ms, fence ttl ms, a fence that it has to be above
 *     reply 1 and the fence, or 0 and the ms for which somebody has the lease
 */
export const ACQUIRE_LEASE = Script.bounded(String.raw`
local remaining = redis.call('PTTL', KEYS[1])
if remaining ~= -2 then return { 0, math.max(remaining, 0) } end
local time = redis.call('TIME')
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(ARGV[3]) + 1, time[1] * 1000000 + time[2])
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[1], text, 'PX', ARGV[1])
redis.call('SET', KEYS[2], text, 'PX', ARGV[2])
return { 1, fence }
`);

/**
 *     KEYS  holder, highest fence, what the holder says of itself
 *     ARGV  fence, lease ms, fence ttl ms, that or nothing
 *     reply 1, or 0 where the lease is not that fence's
 */
export const RENEW_LEASE = Script.bounded(String.raw`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if ARGV[4] ~= '' then redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. ARGV[4], 'PX', ARGV[2]) end
return 1
`);

/**
 *     KEYS  holder
 *     ARGV  fence
 *     reply 1, or 0 where the lease was not that fence's
 */
export const RELEASE_LEASE = new Script(String.raw`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`);
