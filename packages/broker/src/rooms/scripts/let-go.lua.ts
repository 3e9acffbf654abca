import { Script } from '../../redis/scripts/script-call.ts';

/**
 * Lets a room be forgotten soon that nobody listens to any more and nobody has ever published to.
 *
 *     KEYS  meta
 *     ARGV  channel, ttl ms
 */
export const LET_GO = new Script(String.raw`
if redis.call('HMGET', KEYS[1], 'seq')[1] == '0' and redis.call('PUBSUB', 'NUMSUB', ARGV[1])[2] == 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
`);
