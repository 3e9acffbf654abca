/**
 * What is known of a stream stands in a hash beside it: its name among all streams (id), the highest fence that has claimed it (fence)
 * and the last entry that is done with (cursor); of the first of those that are read together, the name of their cluster (cluster). Each script is one step, and refuses whoever has a lower fence.
 */
const FENCED = String.raw`
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return redis.error_reply('FENCED another service reads the stream') end
`;

/**
 *     KEYS  state, stream
 *     ARGV  what to call it where it has no name
 *     reply its name, and of what type the stream is
 */
export const IDENTIFY = String.raw`
redis.call('HSETNX', KEYS[1], 'id', ARGV[1])
return { redis.call('HGET', KEYS[1], 'id'), redis.call('TYPE', KEYS[2])['ok'] }
`;

/**
 *     KEYS  state
 *     ARGV  fence
 */
export const CLAIM = String.raw`
local held = redis.call('HGET', KEYS[1], 'fence')
if held and tonumber(held) > tonumber(ARGV[1]) then return redis.error_reply('FENCED another service reads the stream') end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
`;

/**
 * The oldest entries behind the cursor. Redis makes as many whole as are asked for at a time, so few are.
 *
 *     KEYS  state, stream
 *     ARGV  fence, entries at most, bytes at most (but one entry), bytes of a text that is handed over
 *     reply of each entry id, room, data, key, each nil where there is none, 1 where the data is too long and left out, and
 *           traceparent, nil where there is none or it is longer than any
 */
export const READ = String.raw`${FENCED}
local from = redis.call('HGET', KEYS[1], 'cursor') or '0-0'
local limit, max_bytes, max_text = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local page, bytes = {}, 0
while #page < limit do
  local entries = redis.call('XRANGE', KEYS[2], '(' .. from, '+', 'COUNT', math.min(16, limit - #page))
  if #entries == 0 then return page end
  for _, entry in ipairs(entries) do
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    local room, data, key, is_long = fields.room or false, fields.data or false, fields.key or false, 0
    if room and #room > max_text then room = false end
    if key and #key > max_text then key = string.sub(key, 1, 65) end
    if data and #data > max_text then data, is_long = false, 1 end
    bytes = bytes + #entry[1] + (room and #room or 0) + (data and #data or 0) + (key and #key or 0)
    if bytes > max_bytes and #page > 0 then return page end
    local traceparent = fields.traceparent or false
    if traceparent and #traceparent > 256 then traceparent = false end
    page[#page + 1] = { entry[1], room, data, key, is_long, traceparent }
    from = entry[1]
  end
end
return page
`;

/**
 * All up to an entry is done with. What is put aside keeps its fields, as far as they are no longer than can be handed over.
 *
 *     KEYS  state, stream, refused
 *     ARGV  fence, last entry, '1' where entries are removed, refused entries that are kept, bytes of a text that is kept
 *           [, id, reason, detail …]
 */
export const SETTLE = String.raw`${FENCED}
local max_text = tonumber(ARGV[5])
for i = 6, #ARGV, 3 do
  local entry = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])[1]
  local kept = {}
  for j = 1, entry and #entry[2] or 0, 2 do
    local name, value = entry[2][j], entry[2][j + 1]
    if name == 'room' or name == 'data' or name == 'key' then
      kept[#kept + 1] = name
      kept[#kept + 1] = string.sub(value, 1, max_text)
    end
  end
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'id', ARGV[i], 'reason', ARGV[i + 1], 'detail', ARGV[i + 2], unpack(kept))
end
redis.call('HSET', KEYS[1], 'cursor', ARGV[2])
if ARGV[3] == '1' then
  redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2])
  redis.call('XDEL', KEYS[2], ARGV[2])
end
`;

/**
 * What outcry.outbox_join is in a database: says that a service is there, unless the streams are another cluster's. Former versions write the
 * services alone.
 *
 *     KEYS  services, a sorted set by when each is gone, by Redis's clock; state of the first stream
 *     ARGV  service, ms for which it is there, what its own Redis is called ('': nothing), a name that is new
 *     reply the name of their cluster, and all that are there: nobody, where this one is refused
 */
export const JOIN = String.raw`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local present = redis.call('ZRANGE', KEYS[1], 0, -1)
local cluster, seen, was_present = redis.call('HGET', KEYS[2], 'cluster'), ARGV[3], false
for _, service in ipairs(present) do was_present = was_present or service == ARGV[1] end
if not cluster or (seen == '' and #present == 0) then
  cluster = seen == '' and ARGV[4] or seen
  redis.call('HSET', KEYS[2], 'cluster', cluster)
elseif (seen ~= '' and seen ~= cluster) or (seen == '' and not was_present) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return { cluster, {} }
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
return { cluster, redis.call('ZRANGE', KEYS[1], 0, -1) }
`;

/**
 *     KEYS  state, stream
 *     ARGV  entries that are counted
 *     reply entries behind the cursor, up to that, and the age of the first in ms
 */
export const MEASURE = String.raw`
local from = redis.call('HGET', KEYS[1], 'cursor') or '0-0'
local waiting = redis.call('XRANGE', KEYS[2], '(' .. from, '+', 'COUNT', ARGV[1])
if #waiting == 0 then return { 0, 0 } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return { #waiting, math.max(0, now - tonumber(string.match(waiting[1][1], '^%d+'))) }
`;
