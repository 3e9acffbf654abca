import type { KnownSurvivors } from './report.ts';

const FENCE = "local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, time[1] * 1000000 + time[2])";
const REMAINING = 'if remaining ~= -2 then return { 0, math.max(remaining, 0) } end';
const LISTED =
  "for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do";
const RAISED = "if tonumber(fence) > tonumber(highest) then redis.call('SET', highest_key, fence, 'KEEPTTL') end";
const REMOVED = "for i = 5, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end";
const FULL_AT = "local full_at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0')) + ARGV[1]";
const SPENT = "redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', math.max(1, math.ceil(full_at - now)))";
const OWED = 'return math.max(0, math.ceil(full_at - now - ARGV[2]))';
const FOUND = "local from, to = string.find(list, ' ' .. lease .. ' ', 1, true)";
const CUT = 'if from then list = string.sub(list, 1, from - 1) .. string.sub(list, to + 1) end';
const PAGED = 'for i = 1, #page[2], 2 do';
const TENDED = "return { held, expired, tonumber(evicted or '0') }";
const SINCE = 'local since = ms and now_ms() - ms or 0';
const LOW = 'local low, high = 1, seq';
const YOUNG = 'return entry_at(entry) > since';
const FIRST = 'if not first or not is_young(first) then low = math.max(low, first_since(stream, since) or seq + 1) end';
const AGED = 'if ms and is_forward and low <= high then';
const TURNED = 'for i = 1, math.floor(#taken / 2) do';
const ASKED = "local seen_epoch, seen_seq, seen_at = ARGV[4], tonumber(ARGV[5] or '0'), tonumber(ARGV[6] or '0')";
const HALVED = 'local middle = math.floor((old + fresh) / 2)';
const SEEN_HALVED = 'local middle = math.floor((seen + unseen) / 2)';
const READ = 'if fields[1] and fields[2] then return fields[1], tonumber(fields[2]), false end';
const OLDEST = "local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]";
const UNSEEN = 'local seen, unseen = entry_seq(oldest), seen_seq + 1';
const KEYED = 'for i = 1, #known do';
const UNKNOWN = 'local is_unknown = not (epoch and seq)';
const FIRST_OF_ROOM = 'epoch, seq, set_until, half = args[2], 0, false, false';
const BEGUN = "redis.call('HSET', meta, 'epoch', epoch, 'seq', '0', 'line', args[9])";
const DUE = 'local is_due = 16 * left < 17 * life or 8 * left > 9 * life or not set_until';
const KEPT = 'if ms > 0 then';
const HALF_FULL = 'if 2 * half > args[5] + 0 then';
const EXPIRING = 'if ms > 0 and is_due then';
const LONGER = "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end";
const KNOWN_LONGER = "if redis.call('PTTL', kept) < tonumber(ttl) then redis.call('PEXPIRE', kept, ttl) end";
const NEWEST = "local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]";
const WEIGHED_OLDEST = "local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]";
const SAMPLED = 'local seq = looked == 1 and newest or first + math.floor(i * (messages - 1) / (looked - 1))';
const SAMPLE = "local entry = redis.call('XRANGE', KEYS[2], string.format('%.0f', seq), '+', 'COUNT', 1)[1]";
const FENCED = "return tonumber(redis.call('HGET', journal, 'fence') or '0') > tonumber(fence)";
const FOUND_ALL = "for i = 1, #found do found[i] = found[i] or '' end";
const NUMBERED = 'if not (epoch and head) then return { now_ms() } end';
const BEHIND = 'local low = epoch == ARGV[1] and tonumber(ARGV[2]) + 1 or 1';
const MAX_UNREAD = "local max_unread = args[10] ~= '0' and args[10] + 0";
const ASKED_ONCE =
  "known = keys[once + 1] and redis.call('MGET', unpack(keys, once)) or { redis.call('GET', keys[once]) }";
const FLOOR = 'local floor, free, unread, upper, let_go = seq + new + 1, nil, nil, nil, 0';
const OF_EPOCH = "if string.sub(counts[1] or '', 1, #epoch) == epoch then";
const OLDEST_KEPT = 'local oldest = math.max(0, math.min(seq - args[4] + 1, floor))';
const OLDEST_STORED = "local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]";
const AGING = 'if ms > 0 and age_step and seq % age_step < new then';

const MARKED = "local at = string.find(value, '\\0', 1, true)";
const SPLIT = 'return string.sub(value, 1, at - 1), string.sub(value, at)';
const SAME = 'if before == connections and (connections == 0 or info == known_info) then return end';

/** What is planted, is noticed by no test, and does no harm: why, in a sentence. */
export const SURVIVORS: KnownSurvivors = {
  'events/journal': {
    [`${FENCED} → ${FENCED.replace("'0'", "'1'")}`]: 'A fence is a time in microseconds, far ahead of either.',
    [`${FOUND_ALL} → ${FOUND_ALL.replace('1', '0')}`]: 'What stands before the first of a reply is no part of it.',
  },
  'feeds/book': {
    [`${RAISED} → ${RAISED.replace('>', '>=')}`]: 'The highest fence is written over by itself.',
  },
  'leases/lease': {
    [`${REMAINING} → ${REMAINING.replace(', 0)', ', 1)')}`]:
      'Who comes in the last millisecond of a lease is told to come again a millisecond later.',
    [`${FENCE} → ${FENCE.replace("'0'", "'1'")}`]: 'Where no fence is known, the time is far ahead of either.',
  },
  'limits/shared-limits': {
    [`${REMOVED} → ${REMOVED.replace('5', '4')}`]: 'What stands before the lost nodes is a time to live, and no node.',
    [`${FULL_AT} → ${FULL_AT.replace("'0'", "'1'")}`]:
      'Where nothing is known of a bucket, the time is far ahead of either.',
    [`${SPENT} → ${SPENT.replace('(1', '(2')}`]: 'A bucket that is full again is remembered for a millisecond longer.',
    [`${SPENT} → ${SPENT.replace('ceil', 'floor')}`]:
      'A budget is forgotten less than a millisecond before all of it is there again.',
    [`${OWED} → ${OWED.replace('ceil', 'floor')}`]: 'Who owes something waits less than a millisecond too little.',
  },
  'nodes/node-roster': {
    'return 1 - is_new → return 1 + is_new': 'It is 1 where the node was present before, and something else where not.',
    'if not until_ms or tonumber(until_ms) <= now then missing[#missing + 1] = node end → if not until_ms or tonumber(until_ms) < now then missing[#missing + 1] = node end':
      'A node is missing a millisecond later.',
    [`${LISTED} → ${LISTED.replace("'('", "''")}`]: 'A node is shown for a millisecond longer.',
  },
  'presence/leases': {
    [`${TENDED} → ${TENDED.replace("'0'", "'1'")}`]: 'Every Redis says how many keys it has evicted.',
  },
  'presence/members': {
    [`${FOUND} → ${FOUND.replace('1', '0')}`]: 'Lua begins at the first character in either case.',
    [`${CUT} → ${CUT.replace('1', '0')}`]: 'Lua begins at the first character in either case.',
    [`${PAGED} → ${PAGED.replace('2 do', '1 do')}`]:
      'Values are taken for users as well, of whom nothing is stored, so that nothing is removed.',
    [`${MARKED} → ${MARKED.replace('1', '2')}`]: 'A list of leases is longer than that.',
    [`${MARKED} → ${MARKED.replace('1', '0')}`]: 'Lua begins at the first character in either case.',
    [`${MARKED} → ${MARKED.replace('true', 'false')}`]:
      'The mark is none of the characters that mean something in a pattern.',
    [`${SPLIT} → ${SPLIT.replace('1', '0')}`]: 'Lua begins at the first character in either case.',
    [`${SAME} → ${SAME.replace(' or ', ' and ')}`]:
      'What is the same is written again as it is, and nobody says what is known of a user who goes.',
    'room.own = 0 → ': 'Each entry has been looked at, and taken off, by then.',
  },
  'rooms/announce': {
    [`${LONGER} → ${LONGER.replace('<', '<=')}`]: 'What has just that time left gets it again.',
  },
  'rooms/functions': {
    [`${HALVED} → ${HALVED.replace('floor', 'ceil')}`]: 'Either lies between the two.',
    [`${SEEN_HALVED} → ${SEEN_HALVED.replace('floor', 'ceil')}`]: 'Either lies between the two.',
    [`${READ} → ${READ.replace('and', 'or')}`]: 'Both are written together, and gone together.',
    [`${OLDEST} → ${OLDEST.replace("'COUNT', 1", "'COUNT', 2")} (2)`]: 'Only the first of them is looked at.',
    [`${UNSEEN} → ${UNSEEN.replace('+ 1', '+ 2')}`]: 'What is behind the last that was seen is unseen by its number.',
  },
  'rooms/open-room': {
    [`${ASKED} → ${ASKED.replace("'0'", "'1'")}`]: 'Who says no seq says no epoch either, and then nobody looks at it.',
  },
  'rooms/publish-messages': {
    [`${KEYED} → ${KEYED.replace('1', '0')}`]: 'No message has the number 0.',
    [`${UNKNOWN} → ${UNKNOWN.replace('and', 'or')}`]: 'Both are written together, and gone together.',
    [`${FIRST_OF_ROOM} → ${FIRST_OF_ROOM.replace('false', 'true')}`]:
      'The stream is removed a step later, and times to live are due where there is none.',
    [`${BEGUN} → ${BEGUN.replace("'0'", "'1'")}`]: 'The seq of the last message is written over it in the same step.',
    [`${DUE} → ${DUE.replace('<', '<=')}`]: 'Times to live are set again a millisecond sooner.',
    [`${KEPT} → ${KEPT.replace('0', '1')}`]: 'Messages are kept for whole seconds.',
    [`${KEPT} → ${KEPT.replace('>', '>=')} (2)`]: 'Where nothing is kept, the number is written a second time.',
    [`${EXPIRING} → ${EXPIRING.replace('>', '>=')}`]:
      'Where nothing is kept there is no stream, and the numbering gets the time to live that it has got just before.',
    [`${AGING} → ${AGING.replace('>', '>=')}`]: 'Where nothing is kept there is no stream to look in.',
    [`${AGING} → ${AGING.replace('0', '1')}`]: 'Messages are kept for whole seconds.',
    [`${AGING} → ${AGING.replace('<', '<=')}`]: 'What is too old is looked for, and goes, a message sooner.',
    [`${MAX_UNREAD} → ${MAX_UNREAD.replace('+ 0', '+ 1')}`]:
      'Twice a number of bytes is even: an odd bound is taken for one more, and an even one as it is.',
    [`${ASKED_ONCE} → ${ASKED_ONCE.replace('+ 1', '- 1')}`]: 'MGET of a single key has what GET has, and costs more.',
    [`${ASKED_ONCE} → ${ASKED_ONCE.replace('+ 1', '+ 0')}`]: 'MGET of a single key has what GET has, and costs more.',
    [`${FLOOR} → ${FLOOR.replace('+ 1', '- 1')}`]:
      'What is too old goes by whole nodes, and is not read: a single one more may stay.',
    [`${FLOOR} → ${FLOOR.replace('+ 1', '+ 2')}`]: 'Either is behind the newest, which is not too old.',
    [`${FLOOR} → ${FLOOR.replace('+ 1', '+ 0')}`]: 'The newest is not too old.',
    [`${OF_EPOCH} → ${OF_EPOCH.replace('1, #', '0, #')}`]: 'Lua begins at the first character in either case.',
    [`${OLDEST_KEPT} → ${OLDEST_KEPT.replace('0', '1')}`]: 'No message has the number 0.',
    [`${OLDEST_STORED} → ${OLDEST_STORED.replace("'COUNT', 1", "'COUNT', 2")}`]: 'Only the first of them is looked at.',
    [`${HALF_FULL} → ${HALF_FULL.replace('+ 0', '+ 1')}`]:
      'Twice a number of bytes is even: an odd bound is taken for one more, and an even one as it is.',
  },
  'rooms/read-history': {
    [`${SINCE} → ${SINCE.replace('or 0', 'or 1')}`]: 'Nothing was stored in the first millisecond of 1970.',
    [`${LOW} → ${LOW.replace('1', '0')}`]: 'No message has the number 0.',
    [`${YOUNG} → ${YOUNG.replace('>', '>=')}`]: 'A message is shown for a millisecond longer.',
    [`${AGED} → ${AGED.replace('<=', '<')}`]: 'Of a single message it is asked whether it is young when it is taken.',
    [`${FIRST} → ${FIRST.replace('seq + 1', 'seq + 2')}`]: 'Either is behind the newest, so that nothing is read.',
    [`${TURNED} → ${TURNED.replace('1', '0')}`]: 'In front of the first and behind the last there is nothing.',
    [`${TURNED} → ${TURNED.replace('floor', 'ceil')}`]: 'The one in the middle changes places with itself.',
  },
  'rooms/read-stored': {
    [`${NUMBERED} → ${NUMBERED.replace('and', 'or')}`]: 'Both are written together, and gone together.',
    [`${BEHIND} → ${BEHIND.replace('or 1', 'or 0')}`]: 'No message has the number 0.',
  },
  'rooms/release': {
    [`${KNOWN_LONGER} → ${KNOWN_LONGER.replace('<', '<=')}`]: 'What has just that time left gets it again.',
    [`${NEWEST} → ${NEWEST.replace("'COUNT', 1", "'COUNT', 2")}`]: 'Only the first of them is looked at.',
  },
  'rooms/weigh-room': {
    [`${WEIGHED_OLDEST} → ${WEIGHED_OLDEST.replace("'COUNT', 1", "'COUNT', 2")}`]:
      'Only the first of them is looked at.',
    [`${SAMPLED} → ${SAMPLED.replace('floor', 'ceil')}`]:
      'Where no message is at an even distance, either next to that is as good.',
    [`${SAMPLE} → ${SAMPLE.replace("'COUNT', 1", "'COUNT', 2")}`]: 'Only the first of them is looked at.',
  },
};
