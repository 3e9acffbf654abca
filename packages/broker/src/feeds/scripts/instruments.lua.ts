import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Sets what is known of instruments.
 *
 *     KEYS  hash: symbol to record
 *     ARGV  symbol, record, …
 */
export const ANNOUNCE = Script.bounded(String.raw`
for i = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
`);

/** As above, of those of which nothing is known yet. */
export const ANNOUNCE_UNKNOWN = Script.bounded(String.raw`
for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
`);
