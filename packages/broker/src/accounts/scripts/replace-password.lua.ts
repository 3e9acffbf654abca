import { Script } from '../../redis/scripts/script-call.ts';

/**
 *     KEYS  hash: user to password hash
 *     ARGV  user, password hash
 *     reply 1, or 0 where the name was never taken
 *
 * Also where memory is full: it is no place for whoever has to be kept out at once, and makes nothing that was not there.
 */
export const REPLACE_PASSWORD = Script.bounded(String.raw`
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`);
