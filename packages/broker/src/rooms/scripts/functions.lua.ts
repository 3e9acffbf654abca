import { NOW_MS } from '../../redis/scripts/clock.lua.ts';

/** What is known of a stream of messages. */
export const STREAM_FUNCTIONS = String.raw`
local function stream_id(seq)
  return string.format('%.0f-0', seq)
end

local function entry_seq(entry)
  return tonumber(string.match(entry[1], '^%d+'))
end

local function entry_at(entry)
  return (struct.unpack('>I8', entry[2][2], 19))
end

-- The lowest stored seq that is younger than the time, or nil. The seqs of a stream are contiguous and so can be bisected.
local function first_since(stream, since)
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not oldest then return nil end
  if entry_at(oldest) > since then return entry_seq(oldest) end
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if entry_at(newest) <= since then return nil end
  local old, fresh = entry_seq(oldest), entry_seq(newest)
  while fresh - old > 1 do
    local middle = math.floor((old + fresh) / 2)
    local id = stream_id(middle)
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry and entry_at(entry) > since then fresh = middle else old = middle end
  end
  return fresh
end
`;

/**
 * What the scripts of a room share.
 *
 * The scripts are strings in modules, not .lua files: images carry the services bundled into one JavaScript file, beside which
 * there is nothing to read. `String.raw` keeps Lua's own escapes.
 *
 * Sequence numbers are Lua numbers, exact to 2^53; `%.0f` prints them, because Lua's own conversion rounds from 10^14 on.
 * A numbering is a hash: epoch, seq, which server has numbered last (line), where the epochs before this one ended (past), until when
 * the times to live are set (until), and where a room's bytes have a bound the first seq of the newer half of what is stored (mid),
 * and the bytes from there on (half).
 *
 * An envelope has its epoch from byte 3, its time from byte 19 and its origin, behind its length, from byte 27 (bus-envelope.ts).
 */
export const ROOM_FUNCTIONS = String.raw`${NOW_MS}
${STREAM_FUNCTIONS}
-- Begins to number a room anew. A stream never outlives its numbering: its ids would be in the way of the new ones.
local function renumber(meta, stream, epoch, line)
  redis.call('DEL', stream)
  redis.call('HSET', meta, 'epoch', epoch, 'seq', '0', 'line', line, 'past', '', 'half', '0', 'mid', '1')
  return epoch, 0
end

-- Goes on with the numbers, and with what is stored, under another epoch: nothing that the epoch before has had behind this seq is
-- here, and none of its numbers is given again. Where epochs ended is kept of as many as fit into a short field.
local function go_on(meta, epoch, seq, next_epoch, line)
  local past = string.format('%s:%.0f', epoch, seq)
  for one in string.gmatch(redis.call('HMGET', meta, 'past')[1] or '', '%S+') do
    if #past + #one >= 64 then break end
    past = past .. ' ' .. one
  end
  redis.call('HSET', meta, 'epoch', next_epoch, 'line', line, 'past', past)
  return next_epoch, seq
end

-- Up to where the numbers of an earlier epoch, up to a seq, have gone into this one; nil where that is not known.
local function gone_on(meta, epoch, seq)
  for one, last in string.gmatch(redis.call('HMGET', meta, 'past')[1] or '', '(%S+):(%d+)') do
    if one == epoch then return math.min(seq, tonumber(last)) end
  end
  return nil
end

-- The epoch and the newest seq, and whether the room is without a numbering: then the candidate is to become its epoch.
local function read_room(meta, candidate)
  local fields = redis.call('HMGET', meta, 'epoch', 'seq')
  if fields[1] and fields[2] then return fields[1], tonumber(fields[2]), false end
  return candidate, 0, true
end

local UNWRITABLE = { OOM = true, READONLY = true, MISCONF = true, NOREPLICAS = true }

-- Whether Redis has taken the write; false where it is full, or takes no writes at all.
local function try_write(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return true end
  if UNWRITABLE[string.match(reply.err, '^%u+')] then return false end
  error(reply)
end

-- The epoch and the newest seq of a room, whose numbering begins here where it has none. Where nothing can be written that is
-- not stored, and the third result is false: the room is as empty as one that nobody has seen yet.
local function open_room(meta, stream, candidate, ttl, line)
  local epoch, seq, is_new = read_room(meta, candidate)
  if not is_new then return epoch, seq, true end
  if not try_write('HSET', meta, 'epoch', epoch, 'seq', '0', 'line', line) then return epoch, seq, false end
  redis.call('DEL', stream)
  redis.call('PEXPIRE', meta, ttl)
  return epoch, seq, true
end

-- Of the frame that the envelope is around.
local function entry_bytes(entry)
  local envelope = entry[2][2]
  return #envelope - 27 - string.byte(envelope, 27)
end

-- The epoch in which it was numbered, of which the stream may have gone on into another.
local function entry_epoch(entry)
  return string.sub(entry[2][2], 3, 10)
end

-- Begins a new epoch where the numbering went back behind somebody's back. What is younger than the last that was seen was
-- stored, and acknowledged, behind the loss: it goes into the new epoch under the numbers that it has.
local function renumber_behind(meta, stream, epoch, seq, seen_at, line)
  local first = first_since(stream, seen_at)
  if not first then return renumber(meta, stream, epoch, line) end
  redis.call('XTRIM', stream, 'MINID', stream_id(first))
  redis.call('HSET', meta, 'epoch', epoch, 'line', line)
  return epoch, seq
end

-- How far a stream is known to whoever has seen an earlier epoch up to a seq and its time (0: not known), or 0: what has gone
-- into this epoch with its numbers may have been handed on under the earlier one.
local function seen_up_to(stream, epoch, seen_seq, seen_at)
  local function is_seen(entry)
    return entry_epoch(entry) ~= epoch and entry_seq(entry) <= seen_seq and (seen_at == 0 or entry_at(entry) <= seen_at)
  end
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not oldest or not is_seen(oldest) then return 0 end
  local seen, unseen = entry_seq(oldest), seen_seq + 1
  while unseen - seen > 1 do
    local middle = math.floor((seen + unseen) / 2)
    local id = stream_id(middle)
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry and is_seen(entry) then seen = middle else unseen = middle end
  end
  return seen
end
`;
