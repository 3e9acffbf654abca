import { Script } from '../../redis/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/** Publishes between two looks at the age of what is stored: each costs about a dozen reads of one entry. */
const AGE_TRIM_INTERVAL = 64;

/**
 * Numbers, stores and publishes a message in one step, or finds that it was published before.
 *
 *     KEYS  meta, stream [, idempotency key]
 *     ARGV  channel, epoch candidate, head, origin, retention count, retention ms, numbering ttl ms, idempotency window ms,
 *           retention bytes (0 for any), 0 where it may not be the room's first message
 *     reply epoch, seq, 1 where it is a duplicate, 2 where it would have been the first and was refused
 *
 * The first write is one that needs memory. A Redis that is full refuses it, and with it all of the script: it lets everything
 * pass behind a first write that needs none, such as the DEL of a stream.
 *
 * Trimming is approximate (whole nodes of the stream, and by age only now and then); reading is exact. By bytes it goes by
 * halves: when the newer half of what is stored has grown to half of what may be, the older one goes. So nothing has to be read to
 * know what is stored, and a message costs no command more.
 */
export const PUBLISH_MESSAGE = new Script(String.raw`${ROOM_FUNCTIONS}
local meta, stream, once = KEYS[1], KEYS[2], KEYS[3]
local channel, candidate, head, origin = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local count, ms, numbering_ttl, window = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local max_bytes = tonumber(ARGV[9])

if once then
  local known = redis.call('GET', once)
  if known then return { string.sub(known, 1, 8), tonumber(string.sub(known, 9)), 1 } end
end

local fields = redis.call('HMGET', meta, 'epoch', 'seq', 'half', 'mid')
local is_new = not (fields[1] and fields[2])
local epoch = is_new and candidate or fields[1]
local seq = is_new and 1 or tonumber(fields[2]) + 1
if seq == 1 and ARGV[10] == '0' then return { epoch, 0, 2 } end

local now = now_ms()
local packed_seq = struct.pack('>I8', seq)
local message = '\1\1' .. epoch .. packed_seq .. struct.pack('>I8', now)
  .. string.char(#origin) .. origin .. head .. '\207' .. packed_seq

local half, mid, older = #message + (fields[3] or 0), fields[4], nil
if not mid or 2 * half > max_bytes then
  -- What was stored before bytes were counted is as good as an older half.
  half, older, mid = #message, mid, string.format('%.0f', seq)
end

if is_new then
  redis.call('HSET', meta, 'epoch', epoch, 'seq', string.format('%.0f', seq), 'half', half, 'mid', mid)
  redis.call('DEL', stream)
elseif max_bytes == 0 then
  redis.call('HSET', meta, 'seq', string.format('%.0f', seq))
elseif half == #message then
  redis.call('HSET', meta, 'seq', string.format('%.0f', seq), 'half', half, 'mid', mid)
else
  redis.call('HSET', meta, 'seq', string.format('%.0f', seq), 'half', half)
end
redis.call('PEXPIRE', meta, string.format('%.0f', math.max(numbering_ttl, ms)))

if count > 0 and ms > 0 then
  if older and max_bytes > 0 then redis.call('XTRIM', stream, 'MINID', older .. '-0') end
  redis.call('XADD', stream, 'MAXLEN', '~', count, stream_id(seq), 'm', message)
  if seq % ${String(AGE_TRIM_INTERVAL)} == 0 then
    redis.call('XTRIM', stream, 'MINID', '~', stream_id(first_since(stream, now - ms) or seq))
  end
  redis.call('PEXPIRE', stream, ms)
else
  -- What was stored under an earlier rule would stand before a hole.
  redis.call('DEL', stream)
end

if once then redis.call('SET', once, epoch .. string.format('%.0f', seq), 'PX', window) end
redis.call('PUBLISH', channel, message)
return { epoch, seq, 0 }
`);
