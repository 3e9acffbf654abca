import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Forgets who is going: a node or a publisher, of which both have the same two structures.
 *
 *     KEYS  sorted set of who is present, hash of what they say of themselves
 *     ARGV  node or publisher
 */
export const LEAVE = new Script(String.raw`
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
`);
