import { Script } from '../../redis/script-call.ts';
import { STREAM_FUNCTIONS } from './functions.lua.ts';

/** Messages between two trims by count. */
const COUNT_TRIM_INTERVAL = 16;
/** A longer one is trimmed behind at once: so no more than 16 KiB are stored past the count. */
const LONG_BYTES = 1024;
/** Messages that may be stored past the count: those between two trims, and a node of the stream (`stream-node-max-entries`). */
export const OVERHANG = 128;
/**
 * Looking for what is too old takes about a dozen reads of one entry. So it is done when times to live are set, which is a
 * sixteenth of the retention apart, or where messages are further apart than that, behind one of so many.
 */
const AGE_TRIM_INTERVAL = 8;

/**
 * Numbers, stores and publishes messages of one room, in one step. Whatever was published before is left out.
 *
 *     KEYS  meta, stream [, the idempotency key of each message: of all or of none]
 *     ARGV  channel, epoch candidate ('' where none of them may be the room's first), retention ms (0 where nothing is kept),
 *           retention count, retention bytes (0 for any), '1' where one is so long that it has to be counted,
 *           numbering ttl ms, idempotency window ms, line, and of each message what its envelope has behind the time: origin with
 *           its length, head, and the byte that a seq begins with
 *     reply epoch and seq of the last, in one text; where some were published before that and, of each, what was replied then or nil;
 *           2 where the first would have been the room's first and was refused; 3 where another server has numbered last: nothing is
 *           done before TAKE_OVER
 *
 * The first write is one that needs memory. A Redis that is full refuses it, and with it all of the script: it lets everything
 * pass behind a first write that needs none, such as the DEL of a stream.
 *
 * Trimming is approximate (whole nodes of the stream, and only now and then); reading is exact. By bytes it goes by halves: when
 * the newer half of what is stored has grown to half of what may be, the older one goes. So nothing has to be read to know what is
 * stored. Nothing is counted before the first message of which as many as are kept would make up more than half of what may be:
 * what is stored by then is the older half.
 *
 * Times to live are set for an eighth of the retention longer than they have to be, and again when less than half of that is left.
 * The numbering knows until when those of the stream are set (until). So what is left of them tells the time, and that the stream
 * is there; the clock is read whenever they are set.
 *
 * All of this runs in the one thread that Redis has. What the messages of a turn can share is done once for all of them, and
 * nothing is called, converted or made that most of them do not need (decisions/0079).
 */
export const PUBLISH_MESSAGES = new Script(
  String.raw`
local keys, args = KEYS, ARGV
local meta, stream, channel = keys[1], keys[2], args[1]

local new, known = #args - 9, nil
if keys[3] then
  known = keys[4] and redis.call('MGET', unpack(keys, 3)) or { redis.call('GET', keys[3]) }
  for i = 1, #known do
    if known[i] then new = new - 1 end
  end
  if new == 0 then return { '', known } end
end

local fields = redis.call('HMGET', meta, 'epoch', 'seq', 'until', 'half', 'line')
local epoch, seq, set_until, half, mid = fields[1], fields[2], fields[3], fields[4], nil
local is_unknown = not (epoch and seq)
if is_unknown then
  epoch, seq, set_until, half = args[2], 0, false, false
elseif fields[5] ~= args[9] then
  return 3
end
seq = seq + 0
if seq == 0 and args[2] == '' then return 2 end
if is_unknown then
  redis.call('HSET', meta, 'epoch', epoch, 'seq', '0', 'line', args[9])
  redis.call('DEL', stream)
end

-- There is more left than is ever set where messages were kept for longer before.
local ms, left, now = args[3] + 0, redis.call('PTTL', stream), nil
local is_due = 16 * left < 17 * ms or 8 * left > 9 * ms or not set_until
if is_due then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = set_until - left
end
if ms == 0 then
  redis.call('HSET', meta, 'seq', string.format('%d', seq + new))
  -- What was stored under an earlier rule would stand before a hole.
  redis.call('DEL', stream)
  redis.call('PEXPIRE', meta, args[7])
end

local is_counted, text = (half or args[6] == '1') and args[5] ~= '0', nil
for i = 10, #args do
  if not (known and known[i - 9]) then
    seq = seq + 1
    text = string.format('%d', seq)
    local message = struct.pack('>BBc0I8I8c0I8', 1, 1, epoch, seq, now, args[i], seq)
    if ms > 0 then
      if seq % ${String(COUNT_TRIM_INTERVAL)} == 0 or #message > ${String(LONG_BYTES)} then
        redis.call('XADD', stream, 'MAXLEN', '~', args[4], text, 'm', message)
      else
        redis.call('XADD', stream, text, 'm', message)
      end
      if is_counted then
        half = #message + (half or args[5])
        if 2 * half > args[5] + 0 then
          -- What was stored before bytes were counted is as good as an older half.
          local older = mid or redis.call('HMGET', meta, 'mid')[1]
          if older then redis.call('XTRIM', stream, 'MINID', older) end
          half, mid = #message, text
        end
      end
    end
    if known then redis.call('SET', keys[i - 7], epoch .. text, 'PX', args[8]) end
    redis.call('PUBLISH', channel, message)
  end
end

if ms > 0 then
  if mid then
    redis.call('HSET', meta, 'seq', text, 'half', half, 'mid', mid)
  elseif is_counted then
    redis.call('HSET', meta, 'seq', text, 'half', half)
  else
    redis.call('HSET', meta, 'seq', text)
  end
end
if ms > 0 and is_due then
  if seq % ${String(AGE_TRIM_INTERVAL)} < new then
    ${STREAM_FUNCTIONS}
    redis.call('XTRIM', stream, 'MINID', '~', stream_id(first_since(stream, now - ms) or seq))
  end
  local slack = math.floor(ms / 8)
  redis.call('PEXPIREAT', stream, now + ms + slack)
  redis.call('PEXPIRE', meta, math.max(tonumber(args[7]), ms) + slack)
  redis.call('HSET', meta, 'until', now + ms + slack)
end

if new < #args - 9 then return { epoch .. text, known } end
return epoch .. text
`,
  { isOrdered: true },
);
