import { Script } from '../../redis/scripts/script-call.ts';
import { STREAM_FUNCTIONS } from './functions.lua.ts';
import { UNARCHIVED_MS } from './unarchived.ts';

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
/** The same of a room that is archived, whose times to live are set far less often than its retention asks for. */
const ARCHIVED_AGE_TRIM_INTERVAL = 128;

/**
 * Numbers, stores and publishes messages of one room, in one step. Whatever was published before is left out.
 *
 *     KEYS  meta, stream [, of a room that is archived what is kept for that] [, the idempotency key of each message: of all or of none]
 *     ARGV  channel, epoch candidate ('' where none of them may be the room's first), retention ms (0 where nothing is kept),
 *           retention count, retention bytes (0 for any), '1' where one is so long that it has to be counted,
 *           numbering ttl ms, idempotency window ms, line, bytes that are kept until they are archived ('0' where the room is not),
 *           and of each message what its envelope has behind the time: origin with its length, head, and the byte that a seq begins with
 *     reply epoch and seq of the last, in one text; where some were published before that and, of each, what was replied then or nil;
 *           where some are kept for the archive no longer both (nil for all where none was published before), and how many;
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
 * Of a room that is archived nothing is trimmed that is not archived yet (scripts/release.lua.ts), but for what is past a bound of its
 * own in bytes, by halves as well. A hash has that: how far the room is archived (archived), and of an epoch (epoch) the first seq that
 * is kept for the archive at all (free), the first of the newer half (upper), and the bytes from there on (unread). The stream lives
 * for so long that a quiet room is archived, too, and how long it would live otherwise is there as well (ms).
 *
 * All of this runs in the one thread that Redis has. What the messages of a turn can share is done once for all of them, and
 * nothing is called, converted or made that most of them do not need (decisions/0079).
 */
export const PUBLISH_MESSAGES = new Script(
  String.raw`
local keys, args = KEYS, ARGV
local meta, stream, channel = keys[1], keys[2], args[1]

-- Where the room is archived what is kept for that stands before the keys of idempotency.
local max_unread = args[10] ~= '0' and args[10] + 0
local once = max_unread and 4 or 3
local new, known = #args - 10, nil
if keys[once] then
  known = keys[once + 1] and redis.call('MGET', unpack(keys, once)) or { redis.call('GET', keys[once]) }
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
local life = max_unread and math.max(ms, ${String(UNARCHIVED_MS)}) or ms
local is_due = 16 * left < 17 * life or 8 * left > 9 * life or not set_until
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

-- From this seq on everything is kept, whatever the retention.
local floor, free, unread, upper, let_go = seq + new + 1, nil, nil, nil, 0
if max_unread then
  local counts = redis.call('HMGET', keys[3], 'archived', 'epoch', 'free', 'unread', 'upper')
  free, unread = 1, 0
  if counts[2] == epoch then free, unread, upper = counts[3] + 0, counts[4] + 0, counts[5] end
  floor = free
  if string.sub(counts[1] or '', 1, #epoch) == epoch then
    -- A numbering that has lost its newest messages gives their numbers to others.
    local archived = string.sub(counts[1], #epoch + 1) + 0
    if archived <= seq then floor = math.max(archived + 1, free) end
  end
end

local is_counted, text = (half or args[6] == '1') and args[5] ~= '0', nil
for i = 11, #args do
  if not (known and known[i - 10]) then
    seq = seq + 1
    text = string.format('%d', seq)
    local message = struct.pack('>BBc0I8I8c0I8', 1, 1, epoch, seq, now, args[i], seq)
    if ms > 0 then
      if seq % ${String(COUNT_TRIM_INTERVAL)} == 0 or #message > ${String(LONG_BYTES)} then
        if max_unread then
          local oldest = math.max(0, math.min(seq - args[4] + 1, floor))
          redis.call('XADD', stream, 'MINID', '~', string.format('%d', oldest), text, 'm', message)
        else
          redis.call('XADD', stream, 'MAXLEN', '~', args[4], text, 'm', message)
        end
      else
        redis.call('XADD', stream, text, 'm', message)
      end
      if is_counted then
        half = #message + (half or args[5])
        if 2 * half > args[5] + 0 then
          -- What was stored before bytes were counted is as good as an older half.
          local older = mid or redis.call('HMGET', meta, 'mid')[1]
          if older and max_unread then
            redis.call('XTRIM', stream, 'MINID', '~', string.format('%d', math.min(older, floor)))
          elseif older then
            redis.call('XTRIM', stream, 'MINID', older)
          end
          half, mid = #message, text
        end
      end
      if max_unread then
        unread, upper = unread + #message, upper or text
        if 2 * unread > max_unread then
          free, unread, upper = upper + 0, #message, text
          local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
          let_go = let_go + math.max(0, free - math.max(floor, (string.match(oldest, '^%d+'))))
          floor = math.max(floor, free)
        end
      end
    end
    if known then redis.call('SET', keys[i - 11 + once], epoch .. text, 'PX', args[8]) end
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
  -- How long its stream lives once it is archived is known to whoever has archived it.
  if max_unread then
    redis.call('HSET', keys[3], 'epoch', epoch, 'free', free, 'unread', unread, 'upper', upper, 'ms', ms)
  end
end
local age_step = is_due and ${String(AGE_TRIM_INTERVAL)} or max_unread and ${String(ARCHIVED_AGE_TRIM_INTERVAL)}
if ms > 0 and age_step and seq % age_step < new then
  ${STREAM_FUNCTIONS}
  redis.call('XTRIM', stream, 'MINID', '~', stream_id(math.min(first_since(stream, now - ms) or seq, floor)))
end
if ms > 0 and is_due then
  local slack = math.floor(life / 8)
  redis.call('PEXPIREAT', stream, now + life + slack)
  redis.call('PEXPIRE', meta, math.max(tonumber(args[7]), life) + slack)
  redis.call('HSET', meta, 'until', now + life + slack)
  if max_unread then redis.call('PEXPIRE', keys[3], life + slack) end
end

if let_go > 0 then return { epoch .. text, known or false, let_go } end
if new < #args - 10 then return { epoch .. text, known } end
return epoch .. text
`,
  { isOrdered: true },
);
