import { NOW_MS } from '../../redis/scripts/clock.lua.ts';
import { Script } from '../../redis/scripts/script-call.ts';

const NOW = String.raw`${NOW_MS}
local now = now_ms()
`;

/**
 * Says that a node is present, and forgets those that are no more: in a sorted set by the time until which they are, by Redis's
 * clock, and a hash of what they report. Both go with the last node.
 *
 *     KEYS  nodes, reports
 *     ARGV  node, report, lease ms
 *     reply 1 where it was present before
 */
export const ATTEND_NODE = Script.bounded(String.raw`${NOW}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))) do
  redis.call('ZREM', KEYS[1], node)
  redis.call('HDEL', KEYS[2], node)
end
local is_new = redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, string.format('%.0f', last - now)) end
return 1 - is_new
`);

/**
 *     KEYS  nodes
 *     ARGV  some nodes
 *     reply those of them that are not present
 */
export const MISSING_NODES = new Script(String.raw`${NOW}
local missing = {}
for _, node in ipairs(ARGV) do
  local until_ms = redis.call('ZSCORE', KEYS[1], node)
  if not until_ms or tonumber(until_ms) <= now then missing[#missing + 1] = node end
end
return missing
`);

/**
 *     KEYS  nodes, reports
 *     reply nodes with their reports
 */
export const LIST_NODES = new Script(String.raw`${NOW}
local present = {}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  present[#present + 1] = node
  present[#present + 1] = redis.call('HGET', KEYS[2], node) or ''
end
return present
`);
