import { Script } from '../../redis/scripts/script-call.ts';

/** Messages that are looked at, from the oldest to the newest. */
const SAMPLES = 8;

/**
 * What a room has stored: how many messages, whose numbers have no holes, and about how many bytes.
 *
 *     KEYS  meta, stream
 *     reply messages, bytes
 */
export const WEIGH_ROOM = new Script(String.raw`
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local newest = oldest and tonumber(redis.call('HMGET', KEYS[1], 'seq')[1])
if not newest then return { 0, 0 } end
local first = tonumber(string.match(oldest[1], '^%d+'))
local messages = newest - first + 1
local looked, bytes = math.min(messages, ${String(SAMPLES)}), 0
for i = 0, looked - 1 do
  local seq = looked == 1 and newest or first + math.floor(i * (messages - 1) / (looked - 1))
  local entry = redis.call('XRANGE', KEYS[2], string.format('%.0f', seq), '+', 'COUNT', 1)[1]
  bytes = bytes + #entry[2][2]
end
return { messages, math.floor(bytes / looked * messages) }
`);
