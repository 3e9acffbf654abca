import { Script } from '../../redis/scripts/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/**
 * A room's newest position; begins its numbering where it has none, and keeps it alive.
 *
 *     KEYS  meta, stream
 *     ARGV  epoch candidate, numbering ttl ms while it is joined, line [, epoch and seq that the caller has seen [, time of the message with that seq]]
 *     reply epoch, seq, time of the message with that seq or 0 where it is not stored, 1 where the numbering is stored
 *
 * A seq that was seen and is now ahead of the numbering means that Redis has lost acknowledged messages (a restart, a
 * failover). The numbers would be given out again, for other messages: so the room gets a new epoch, which goes on where the
 * server is another one than the one that numbered last. Where it is not, because who numbered did not know of lines, numbers may have
 * been given again already: another message stands where the one was that the caller has seen, with another time; such messages are kept.
 */
export const OPEN_ROOM = new Script(String.raw`${ROOM_FUNCTIONS}
local meta, stream = KEYS[1], KEYS[2]
local candidate, ttl, line = ARGV[1], ARGV[2], ARGV[3]
local seen_epoch, seen_seq, seen_at = ARGV[4], tonumber(ARGV[5] or '0'), tonumber(ARGV[6] or '0')

local function stored_at(seq)
  local id = stream_id(seq)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  return entry and entry_at(entry) or 0
end

local function is_other(at)
  return at > 0 and seen_at > 0 and at ~= seen_at
end

local epoch, seq, is_stored = open_room(meta, stream, candidate, ttl, line)
if epoch == seen_epoch and (seq < seen_seq or is_other(stored_at(seen_seq))) then
  local numbered_by = redis.call('HMGET', meta, 'line')[1]
  if numbered_by and numbered_by ~= line then
    epoch, seq = go_on(meta, epoch, seq, candidate, line)
  else
    epoch, seq = renumber_behind(meta, stream, candidate, seq, seen_at, line)
  end
end
-- A publish may have asked for longer: the numbering must outlive the stream.
try_write('PEXPIRE', meta, ttl, 'GT')
return { epoch, seq, stored_at(seq), is_stored and 1 or 0 }
`);
