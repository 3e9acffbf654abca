import { Script } from '../../redis/scripts/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/**
 * Forgets what a room has stored. Its numbering goes on.
 *
 *     KEYS  meta, stream
 *     ARGV  epoch candidate, numbering ttl ms, line
 *     reply epoch, seq
 */
export const REMOVE_HISTORY = new Script(String.raw`${ROOM_FUNCTIONS}
local epoch, seq, is_stored = open_room(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
redis.call('DEL', KEYS[2])
-- What was stored, up to here, is as good as an older half.
if is_stored then redis.call('HSET', KEYS[1], 'half', '0', 'mid', string.format('%.0f', seq)) end
return { epoch, seq }
`);
