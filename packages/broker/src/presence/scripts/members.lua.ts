import { Script } from '../../redis/script-call.ts';

/**
 * Tells a room's nodes of a user who has come or gone, as in rooms/bus-envelope.ts. Users are counted behind the change, in O(1).
 */
const TELL = String.raw`
local function tell(channel, members, change, user)
  redis.call('PUBLISH', channel, '\1\3' .. change .. struct.pack('>I4', redis.call('HLEN', members)) .. user)
end

-- Adds to a user's connections in the cluster; tells of the first and of the last.
local function add(members, channel, user, connections)
  local total = redis.call('HINCRBY', members, user, connections)
  if total <= 0 then
    redis.call('HDEL', members, user)
    tell(channel, members, '\0', user)
  elseif total == connections then
    tell(channel, members, '\1', user)
  end
end
`;

/**
 * Opens a partition to the entries of a new lease, or raises the fence there.
 *
 *     KEYS  fence
 *     ARGV  fence, from 1
 *     reply 1, or 0 where the lease is void or has a higher fence
 */
export const RAISE_FENCE = new Script(String.raw`
if ARGV[1] ~= '1' then
  local known = redis.call('GET', KEYS[1])
  if not known or tonumber(known) >= tonumber(ARGV[1]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
`);

/**
 * Sets how many connections users have in a room by way of a lease.
 *
 *     KEYS  fence, rooms of the lease, held by the lease in the room, members of the room
 *     ARGV  channel, room, fence [, user, connections …]
 *     reply users in the room, or -1 where the lease is void
 */
export const WRITE_MEMBERS = new Script(String.raw`${TELL}
local fence, rooms, held, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, room = ARGV[1], ARGV[2]
if redis.call('GET', fence) ~= ARGV[3] then return -1 end

for i = 4, #ARGV, 2 do
  local user, after = ARGV[i], tonumber(ARGV[i + 1])
  local before = tonumber(redis.call('HGET', held, user) or '0')
  if after > 0 then
    redis.call('HSET', held, user, after)
  else
    redis.call('HDEL', held, user)
  end
  if after ~= before then add(members, channel, user, after - before) end
end

if #ARGV > 3 then
  redis.call(redis.call('EXISTS', held) == 1 and 'SADD' or 'SREM', rooms, room)
end
return redis.call('HLEN', members)
`);

/**
 * Users of a room, as of one moment.
 *
 *     KEYS  members of the room
 *     ARGV  limit
 *     reply users in the room, then user and connections of at most so many of them, one after the other
 */
export const LIST_MEMBERS = new Script(String.raw`
return { redis.call('HLEN', KEYS[1]), redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES') }
`);

/**
 * Voids a lease in one partition, so that nothing is written under it any more.
 *
 *     KEYS  fence, rooms of the lease
 *     ARGV  limit
 *     reply at most so many of the rooms that still have entries of the lease
 */
export const VOID_LEASE = new Script(String.raw`
redis.call('DEL', KEYS[1])
return redis.call('SRANDMEMBER', KEYS[2], ARGV[1])
`);

/**
 * Removes entries of a lease from a room: a step of what may take several.
 *
 *     KEYS  rooms of the lease, held by the lease in the room, members of the room
 *     ARGV  channel, room, limit
 *     reply entries removed, entries that remain
 */
export const REAP_ROOM = new Script(String.raw`${TELL}
local rooms, held, members = KEYS[1], KEYS[2], KEYS[3]
local entries = redis.call('HRANDFIELD', held, ARGV[3], 'WITHVALUES')
for i = 1, #entries, 2 do
  redis.call('HDEL', held, entries[i])
  add(members, ARGV[1], entries[i], -tonumber(entries[i + 1]))
end
local remaining = redis.call('HLEN', held)
if remaining == 0 then redis.call('SREM', rooms, ARGV[2]) end
return { #entries / 2, remaining }
`);
