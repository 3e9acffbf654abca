import { Script } from '../../redis/scripts/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/**
 * Has a server number a room that another one has numbered last, under an epoch of its own. What nobody knows to have been numbered by
 * any goes on as it is.
 *
 *     KEYS  meta
 *     ARGV  epoch candidate, line
 */
export const TAKE_OVER = new Script(
  String.raw`${ROOM_FUNCTIONS}
local meta, candidate, line = KEYS[1], ARGV[1], ARGV[2]
local fields = redis.call('HMGET', meta, 'epoch', 'seq', 'line')
local epoch, seq, numbered_by = fields[1], fields[2], fields[3]
if not (epoch and seq) or numbered_by == line then return end
if numbered_by then
  go_on(meta, epoch, tonumber(seq), candidate, line)
else
  redis.call('HSET', meta, 'line', line)
end
`,
  { isOrdered: true },
);
