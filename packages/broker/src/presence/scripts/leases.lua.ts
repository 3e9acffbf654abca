import { NOW_MS } from '../../redis/scripts/clock.lua.ts';
import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Presence leases are one sorted set. A positive score is when the lease expires, in Unix milliseconds of Redis's clock. A
 * score of 0 or less means that the lease has expired and is being cleared away: without the sign it is the time until
 * which one node has claimed that work.
 */
const NOW = String.raw`${NOW_MS}
local now = now_ms()
`;

/**
 * Sets when a lease expires, where it is held (h), being cleared away (c) or unknown (u).
 *
 *     KEYS  leases
 *     ARGV  lease, ms from now, in which of these cases, as in 'hu', ttl ms
 */
export const SET_LEASE = Script.bounded(String.raw`${NOW}
local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 'nil')
local case = not score and 'u' or score > 0 and 'h' or 'c'
if string.find(ARGV[3], case) then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
`);

/**
 * Leases that are unknown are known from now on, and expire unless they are renewed.
 *
 *     KEYS  leases
 *     ARGV  ms from now, ttl ms [, lease …]
 */
export const KNOW_LEASES = Script.bounded(String.raw`${NOW}
local expiry = string.format('%.0f', now + ARGV[1])
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 'NX', expiry, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/**
 * Renews a lease that has not been given up, however late, and claims what has expired and nobody has claimed.
 *
 *     KEYS  leases
 *     ARGV  lease, lease ms, claim ms, time since the last renewal within which expired leases are given out, ttl ms, 1 where the
 *           last of the reply is asked for
 *     reply 1 where the lease is held, expired leases [, keys that Redis has evicted since it was started]
 */
export const TEND_LEASES = Script.bounded(String.raw`${NOW}
local held = 0
local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if score > 0 then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
  held = 1
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])

local expired = {}
local gap = now - (score - ARGV[2])
if held == 1 and gap < tonumber(ARGV[4]) then
  -- Deadlines that are past are below now, and claims that are past above its negative.
  local bound = string.format('%.0f', now)
  expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-' .. bound, bound)
  for _, lease in ipairs(expired) do
    redis.call('ZADD', KEYS[1], string.format('%.0f', -(now + ARGV[3])), lease)
  end
end
if ARGV[6] == '0' then return { held, expired } end
local evicted = string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)')
return { held, expired, tonumber(evicted or '0') }
`);
