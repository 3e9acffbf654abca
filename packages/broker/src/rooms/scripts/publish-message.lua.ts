import { Script } from '../../redis/script-call.ts';
import { ROOM_FUNCTIONS } from './functions.lua.ts';

/** Publishes between two looks at the age of what is stored: each costs about a dozen reads of one entry. */
const AGE_TRIM_INTERVAL = 64;

/**
 * Numbers, stores and publishes a message in one step, or finds that it was published before.
 *
 *     KEYS  meta, stream [, idempotency key]
 *     ARGV  channel, epoch candidate, head, origin, retention count, retention ms, numbering ttl ms, idempotency window ms
 *     reply epoch, seq, 1 where it is a duplicate
 *
 * The first write is one that needs memory. A Redis that is full refuses it, and with it all of the script: it lets everything
 * pass behind a first write that needs none, such as the DEL of a stream.
 *
 * Trimming is approximate (whole nodes of the stream, and by age only now and then); reading is exact.
 */
export const PUBLISH_MESSAGE = new Script(String.raw`${ROOM_FUNCTIONS}
local meta, stream, once = KEYS[1], KEYS[2], KEYS[3]
local channel, candidate, head, origin = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local count, ms, numbering_ttl, window = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]

if once then
  local known = redis.call('GET', once)
  if known then return { string.sub(known, 1, 8), tonumber(string.sub(known, 9)), 1 } end
end

local epoch, seq, is_new = read_room(meta, candidate)
seq = seq + 1
if is_new then
  redis.call('HSET', meta, 'epoch', epoch, 'seq', string.format('%.0f', seq))
  redis.call('DEL', stream)
else
  redis.call('HSET', meta, 'seq', string.format('%.0f', seq))
end
redis.call('PEXPIRE', meta, string.format('%.0f', math.max(numbering_ttl, ms)))

local now = now_ms()
local packed_seq = struct.pack('>I8', seq)
local message = '\1\1' .. epoch .. packed_seq .. struct.pack('>I8', now)
  .. string.char(#origin) .. origin .. head .. '\207' .. packed_seq

if count > 0 and ms > 0 then
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
