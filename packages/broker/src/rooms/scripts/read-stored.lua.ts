import { NOW_MS } from '../../redis/scripts/clock.lua.ts';
import { Script } from '../../redis/scripts/script-call.ts';

/** As when a history is read: each entry is made whole before its size is known. */
const MAX_STEP = 32;

/**
 * What a room has stored behind a position, and its newest position, as of one moment. Writes nothing.
 *
 *     KEYS  meta, stream
 *     ARGV  epoch and seq of the position, max messages, bytes behind which a page ends
 *     reply time [, epoch, seq, where epochs before that ended, 1 where anything is stored, envelopes in order]
 */
export const READ_STORED = new Script(
  String.raw`${NOW_MS}
local meta, stream = KEYS[1], KEYS[2]
local limit, max_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local fields = redis.call('HMGET', meta, 'epoch', 'seq', 'past')
local epoch, head = fields[1], tonumber(fields[2] or '')
if not (epoch and head) then return { now_ms() } end

local low = epoch == ARGV[1] and tonumber(ARGV[2]) + 1 or 1
local taken, bytes, step = {}, 0, 1
while low <= head and #taken < limit and bytes < max_bytes do
  local entries = redis.call('XRANGE', stream, string.format('%.0f-0', low), '+', 'COUNT', step)
  for _, entry in ipairs(entries) do
    taken[#taken + 1] = entry[2][2]
    bytes = bytes + #entry[2][2]
    low = tonumber(string.match(entry[1], '^%d+')) + 1
  end
  if #entries < step then break end
  local fitting = math.floor((max_bytes - bytes) * #taken / bytes)
  step = math.max(1, math.min(2 * step, ${String(MAX_STEP)}, fitting, limit - #taken))
end
return { now_ms(), epoch, head, fields[3] or '', redis.call('EXISTS', stream), taken }
`,
  { isReadOnly: true },
);
