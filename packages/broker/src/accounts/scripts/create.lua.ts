import { Script } from '../../redis/scripts/script-call.ts';

/**
 *     KEYS  hash: user to password hash
 *     ARGV  user, password hash, most accounts
 *     reply 1, 0 where the name is taken, or -1 where there are as many as may be
 */
export const CREATE_ACCOUNT = new Script(String.raw`
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
`);
