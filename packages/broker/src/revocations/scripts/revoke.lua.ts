import { Script } from '../../redis/scripts/script-call.ts';

/**
 * A sorted set of revocations by the time at which they are forgotten, and a channel for those that are new. The set goes with
 * its last entry.
 *
 *     KEYS  set
 *     ARGV  revocation, its end in Unix ms, most entries, channel
 *     reply 1, or 0 where there are as many as may be
 */
export const REVOKE = Script.bounded(String.raw`
local time = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
redis.call('PUBLISH', ARGV[4], ARGV[2] .. ' ' .. ARGV[1])
return 1
`);
