import { Script } from '../../redis/scripts/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/**
 * Entries of one XRANGE at most. Redis makes each of them whole before a script sees its size, so what is read past a budget is
 * thrown away: so many, at the very most, and no more than were read before.
 */
const MAX_STEP = 32;

/**
 * A page of a room's messages and its newest position, as of one moment.
 *
 *     KEYS  meta, stream
 *     ARGV  epoch candidate, numbering ttl ms, line, 'after', 'last' or 'before', its number ('' with before: from the newest), limit,
 *           max bytes, retention count, retention ms ('' for both: all that is stored)
 *           [, epoch of the seq that the caller has seen [, its time]]
 *     reply epoch, seq, envelopes in order, 1 where there are more, and where the caller has seen another epoch the seq up to which it
 *           knows this one, and 1 where that is all that the other has had up to the seq that was seen
 */
export const READ_HISTORY = new Script(String.raw`${ROOM_FUNCTIONS}
local meta, stream = KEYS[1], KEYS[2]
local candidate, ttl, line, direction, bound = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local limit, max_bytes, count, ms = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local epoch, seq = open_room(meta, stream, candidate, ttl, line)

local is_forward = direction ~= 'before'
local since = ms and now_ms() - ms or 0
local low, high = 1, seq
if count then low = math.max(low, seq - count + 1) end
if direction == 'after' then
  low = math.max(low, bound + 1)
elseif direction == 'last' then
  low = math.max(low, seq - bound + 1)
elseif bound then
  high = math.min(high, bound - 1)
end

local seen_epoch, seen_at = ARGV[10], tonumber(ARGV[11])
local is_other = seen_epoch and seen_epoch ~= epoch
local last = is_other and gone_on(meta, seen_epoch, bound)
-- Who cannot say when the seq was numbered wants what follows it, or nothing.
if is_other and not seen_at and last ~= bound then high = 0 end

local function is_young(entry)
  return entry_at(entry) > since
end

-- Where the first is young all are. Backwards, the first that is not ends the page.
if ms and is_forward and low <= high then
  local id = stream_id(low)
  local first = redis.call('XRANGE', stream, id, id)[1]
  if not first or not is_young(first) then low = math.max(low, first_since(stream, since) or seq + 1) end
end

local function read(step)
  local oldest, newest = stream_id(low), stream_id(high)
  if is_forward then return redis.call('XRANGE', stream, oldest, newest, 'COUNT', step) end
  return redis.call('XREVRANGE', stream, newest, oldest, 'COUNT', step)
end

local taken, bytes, has_more = {}, 0, false

-- Whether the page goes on behind the entry.
local function take(entry)
  if not is_young(entry) then return false end
  local size = entry_bytes(entry)
  has_more = #taken == limit or (#taken > 0 and bytes + size > max_bytes)
  if has_more then return false end
  taken[#taken + 1] = entry[2][2]
  bytes = bytes + size
  if is_forward then low = entry_seq(entry) + 1 else high = entry_seq(entry) - 1 end
  return true
end

-- As many as fit if they are like those before, and one that tells whether there are more.
local function next_step(step)
  local fitting = math.floor((max_bytes - bytes) * #taken / bytes)
  return math.max(1, math.min(2 * step, ${String(MAX_STEP)}, fitting + 1, limit - #taken + 1))
end

local step, is_open = 1, true
while is_open and low <= high do
  local entries = read(step)
  for _, entry in ipairs(entries) do
    is_open = take(entry)
    if not is_open then break end
  end
  is_open = is_open and #entries == step
  if is_open then step = next_step(step) end
end

if not is_forward then
  for i = 1, math.floor(#taken / 2) do
    taken[i], taken[#taken + 1 - i] = taken[#taken + 1 - i], taken[i]
  end
end

local known = last or 0
if is_other and not last and seen_at then known = seen_up_to(stream, epoch, bound, seen_at) end
return { epoch, seq, taken, has_more and 1 or 0, known, last and last == bound and 1 or 0 }
`);
