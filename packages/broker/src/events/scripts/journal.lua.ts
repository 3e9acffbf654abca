import { NUMBER_EVENT } from '../numbering.ts';
import { Script } from '../../redis/scripts/script-call.ts';

/**
 * What has become of what presence/scripts/note.lua.ts writes down. The journal of a partition, a hash, has besides the last number (seq)
 * and its epoch:
 *
 *     fence        the highest under which it was read
 *     sent         the last number that is done with
 *     lost         how many are lost that nobody was told of
 *     undelivered  how many went to the dead letters that nobody was told of
 *     told         which epoch and run of Redis were last told of
 */
const FENCED = String.raw`
local function is_fenced(journal, fence)
  return tonumber(redis.call('HGET', journal, 'fence') or '0') > tonumber(fence)
end
`;

/**
 *     KEYS  journal, events, dead
 *     ARGV  fence, ttl ms
 *     reply 1, or 0 where a higher fence was seen
 */
export const CLAIM_JOURNAL = Script.bounded(String.raw`${FENCED}
if is_fenced(KEYS[1], ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 1
`);

/**
 *     KEYS  journal, events
 *     ARGV  fence, most entries
 *     reply nothing where a higher fence was seen; or epoch, seq, sent, lost, undelivered, told, entries in all, the oldest of them
 */
export const READ_JOURNAL = new Script(
  String.raw`${FENCED}
if is_fenced(KEYS[1], ARGV[1]) then return {} end
local found = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'sent', 'lost', 'undelivered', 'told')
for i = 1, #found do found[i] = found[i] or '' end
found[#found + 1] = redis.call('XLEN', KEYS[2])
found[#found + 1] = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', ARGV[2])
return found
`,
  { isReadOnly: true },
);

/**
 *     KEYS  journal, events, dead
 *     ARGV  fence, epoch, sent, lost, undelivered, told, the first id that is kept or nothing, ttl ms, most dead letters [, id, letter …]
 *     reply 1, or 0 where a higher fence was seen
 */
export const SETTLE_JOURNAL = Script.bounded(String.raw`${FENCED}
local journal, events, dead = KEYS[1], KEYS[2], KEYS[3]
if is_fenced(journal, ARGV[1]) then return 0 end
if redis.call('HGET', journal, 'epoch') ~= ARGV[2] then return 1 end
redis.call('HSET', journal, 'fence', ARGV[1], 'sent', ARGV[3], 'lost', ARGV[4], 'undelivered', ARGV[5], 'told', ARGV[6])
if ARGV[7] ~= '' then redis.call('XTRIM', events, 'MINID', ARGV[7]) end
for i = 10, #ARGV, 2 do
  redis.call('XADD', dead, 'MAXLEN', ARGV[9], '*', 'id', ARGV[i], 'letter', ARGV[i + 1])
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[8]) end
return 1
`);

/**
 * Puts dead letters behind what is in the journal: a step of what takes as many as it takes until there are none.
 *
 *     KEYS  journal, events, dead
 *     ARGV  most letters, most entries, ttl ms, channel
 *     reply how many
 */
export const RESEND_DEAD = Script.bounded(String.raw`${NUMBER_EVENT}
local journal, events, dead = KEYS[1], KEYS[2], KEYS[3]
local letters = redis.call('XRANGE', dead, '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(letters) do
  local seq = number_event(journal, events)
  redis.call('XADD', events, 'MAXLEN', ARGV[2], '*', 'n', seq, 'letter', entry[2][4])
  redis.call('XDEL', dead, entry[1])
end
if #letters > 0 then
  redis.call('PEXPIRE', events, ARGV[3])
  redis.call('PEXPIRE', journal, ARGV[3])
  redis.call('PUBLISH', ARGV[4], '')
end
return #letters
`);
