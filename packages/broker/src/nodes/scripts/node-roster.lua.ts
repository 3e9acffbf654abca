import { Script } from '../../redis/script-call.ts';

/**
 * A sorted set of nodes by the time until which they are present, by Redis's clock, and a hash of what they report. Both go with
 * the last node.
 */
const PRESENT_NODES = String.raw`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function present_nodes()
  local present = {}
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
    table.insert(present, node)
    table.insert(present, redis.call('HGET', KEYS[2], node) or '')
  end
  return present
end
`;

/**
 * Says that a node is present, forgets those that are no more, and tells who is.
 *
 *     KEYS  nodes, reports
 *     ARGV  node, report, lease ms
 *     reply 1 where it was present before, nodes with their reports
 */
export const ATTEND_NODE = new Script(String.raw`${PRESENT_NODES}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))) do
  redis.call('ZREM', KEYS[1], node)
  redis.call('HDEL', KEYS[2], node)
end
local is_new = redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, string.format('%.0f', last - now)) end
return { 1 - is_new, present_nodes() }
`);

/**
 *     KEYS  nodes, reports
 *     reply nodes with their reports
 */
export const LIST_NODES = new Script(String.raw`${PRESENT_NODES}
return present_nodes()
`);
