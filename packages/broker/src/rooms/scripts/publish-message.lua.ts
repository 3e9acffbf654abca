import { Script } from '../../redis/script-call.ts';
import { STREAM_FUNCTIONS } from './functions.lua.ts';

/** Publishes between two looks at the age of what is stored: each costs about a dozen reads of one entry. */
const AGE_TRIM_INTERVAL = 64;

/**
 * Numbers, stores and publishes a message in one step, or finds that it was published before.
 *
 *     KEYS  meta, stream [, idempotency key]
 *     ARGV  channel, epoch candidate ('' where it may not be the room's first message), head, origin, retention count,
 *           retention ms, retention bytes (0 for any), numbering ttl ms, line [, idempotency window ms]
 *     reply epoch and seq, in one text; in an array where it is a duplicate; 2 where it would have been the first and was refused;
 *           3 where another server has numbered last: nothing is done before TAKE_OVER
 *
 * The first write is one that needs memory. A Redis that is full refuses it, and with it all of the script: it lets everything
 * pass behind a first write that needs none, such as the DEL of a stream.
 *
 * Trimming is approximate (whole nodes of the stream, and by age only now and then); reading is exact. By bytes it goes by
 * halves: when the newer half of what is stored has grown to half of what may be, the older one goes. So nothing has to be read to
 * know what is stored, and a message costs no command more.
 *
 * Times to live are set for an eighth of the retention longer than they have to be, and again when less than half of that is left:
 * the numbering knows until when they are set (until). A stream that was not there has none, whoever removed it; XADD tells.
 *
 * All of this runs for each message, in the one thread that Redis has. So there is no function, which takes longer to make than it
 * would run, and no argument that most messages do not need (decisions/0066).
 */
export const PUBLISH_MESSAGE = new Script(String.raw`
local meta, stream, once = KEYS[1], KEYS[2], KEYS[3]

if once then
  local known = redis.call('GET', once)
  if known then return { known } end
end

local fields = redis.call('HMGET', meta, 'epoch', 'seq', 'half', 'mid', 'until', 'line')
local epoch, seq = fields[1], fields[2]
local is_new = not (epoch and seq)
if is_new then epoch, seq = ARGV[2], 0 elseif fields[6] ~= ARGV[9] then return 3 end
seq = seq + 1
if seq == 1 and ARGV[2] == '' then return 2 end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local origin, count, ms, max_bytes = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local text = string.format('%.0f', seq)
local message = struct.pack('>BBc0I8I8Bc0c0BI8', 1, 1, epoch, seq, now, #origin, origin, ARGV[3], 0xcf, seq)

local half, mid, older = #message + (fields[3] or 0), fields[4], nil
if not mid or 2 * half > max_bytes then
  -- What was stored before bytes were counted is as good as an older half.
  half, older, mid = #message, mid, text
end

if is_new then
  redis.call('HSET', meta, 'epoch', epoch, 'seq', text, 'line', ARGV[9], 'half', half, 'mid', mid)
  redis.call('DEL', stream)
elseif max_bytes == 0 then
  redis.call('HSET', meta, 'seq', text)
elseif half == #message then
  redis.call('HSET', meta, 'seq', text, 'half', half, 'mid', mid)
else
  redis.call('HSET', meta, 'seq', text, 'half', half)
end

if ms > 0 and count ~= '0' then
  if older and max_bytes > 0 then redis.call('XTRIM', stream, 'MINID', older .. '-0') end
  local id = text .. '-0'
  local was_there = redis.call('XADD', stream, 'NOMKSTREAM', 'MAXLEN', '~', count, id, 'm', message)
  if not was_there then redis.call('XADD', stream, id, 'm', message) end
  if seq % ${String(AGE_TRIM_INTERVAL)} == 0 then
    ${STREAM_FUNCTIONS}
    redis.call('XTRIM', stream, 'MINID', '~', stream_id(first_since(stream, now - ms) or seq))
  end
  local left = (fields[5] or 0) - now
  -- There is more left than is ever set where messages were kept for longer before.
  if not was_there or 16 * left < 17 * ms or 8 * left > 9 * ms then
    local slack = math.floor(ms / 8)
    redis.call('PEXPIRE', stream, ms + slack)
    redis.call('PEXPIRE', meta, math.max(tonumber(ARGV[8]), ms) + slack)
    redis.call('HSET', meta, 'until', now + ms + slack)
  end
else
  -- What was stored under an earlier rule would stand before a hole.
  redis.call('DEL', stream)
  redis.call('PEXPIRE', meta, ARGV[8])
end

if once then redis.call('SET', once, epoch .. text, 'PX', ARGV[10]) end
redis.call('PUBLISH', ARGV[1], message)
return epoch .. text
`);
