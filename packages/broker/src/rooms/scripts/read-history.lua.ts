import { Script } from '../../redis/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/**
 * A range of a room's messages and its newest position, as of one moment.
 *
 *     KEYS  meta, stream
 *     ARGV  epoch candidate, numbering ttl ms, 'after' or 'before', seq ('' with before: from the newest), limit,
 *           retention count, retention ms ('' for both: all that is stored) [, epoch and time of the seq that the caller has seen]
 *     reply epoch, seq, envelopes in order, seq up to which the caller knows the epoch where it has seen another one
 */
export const READ_HISTORY = new Script(String.raw`${ROOM_FUNCTIONS}
local meta, stream = KEYS[1], KEYS[2]
local candidate, ttl, direction = ARGV[1], ARGV[2], ARGV[3]
local bound, limit, count, ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local epoch, seq, is_new = open_room(meta, stream, candidate)
if is_new then redis.call('PEXPIRE', meta, ttl) end

local low, high = 1, seq
if count then low = math.max(low, seq - count + 1) end
if ms then low = math.max(low, first_since(stream, now_ms() - ms) or seq + 1) end
if direction == 'after' then
  low = math.max(low, bound + 1)
elseif bound then
  high = math.min(high, bound - 1)
end
if direction == 'before' then low = math.max(low, high - limit + 1) end

local seen_epoch, seen_at = ARGV[8], tonumber(ARGV[9] or '0')
local known = 0
if seen_epoch and seen_epoch ~= epoch then known = seen_up_to(stream, epoch, bound, seen_at) end

local envelopes = {}
if low <= high and limit > 0 then
  for i, entry in ipairs(redis.call('XRANGE', stream, stream_id(low), stream_id(high), 'COUNT', limit)) do
    envelopes[i] = entry[2][2]
  end
end
return { epoch, seq, envelopes, known }
`);
