import { NOW_MS } from '../../redis/scripts/clock.lua.ts';
import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Puts a room on the list of those that are archived, by Redis's clock, and tells whoever archives the partition.
 *
 *     KEYS  list
 *     ARGV  room, channel, ttl ms of the list
 */
export const ANNOUNCE = new Script(String.raw`${NOW_MS}
redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms()), ARGV[1])
-- Another room may have asked for longer.
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
redis.call('PUBLISH', ARGV[2], ARGV[1])
`);

/**
 * Takes a room off the list, unless it was announced since.
 *
 *     KEYS  list
 *     ARGV  room, when it was announced
 */
export const DISMISS = new Script(String.raw`
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) <= tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end
`);
