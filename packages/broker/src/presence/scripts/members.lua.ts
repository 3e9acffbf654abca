import { Script } from '../../redis/scripts/script-call.ts';
import { NOTE } from './note.lua.ts';

/**
 * All that is known of a room's members is one hash, so that Redis can forget all of it or nothing: under the name of each user
 * the leases by way of which the user is there, with their connections; and under a name that no user can have the leases with
 * entries in the room, with how many users each has. Both are lists of ' <lease> <number>'. Behind a user's list stands a NUL and what
 * is known of the user, where something is.
 *
 * What a lease has in a partition is one hash, too: its fence under the empty name, which is absent where the lease is void, and
 * the names of its rooms, with nothing to say about them.
 */
const MEMBERS = String.raw`${NOTE}
local LEASES = '\0'

-- The number of a lease in a list, or 0; and where it stands.
local function find_number(list, lease)
  local from, to = string.find(list, ' ' .. lease .. ' ', 1, true)
  if not from then return 0 end
  local digits = string.match(list, '^%d+', to + 1)
  return tonumber(digits), from, to + #digits
end

local function with_number(list, lease, number)
  local _, from, to = find_number(list, lease)
  if from then list = string.sub(list, 1, from - 1) .. string.sub(list, to + 1) end
  if number > 0 then list = list .. ' ' .. lease .. ' ' .. string.format('%d', number) end
  return list
end

-- Users are counted in O(1).
local function count_users(users)
  return math.max(redis.call('HLEN', users) - 1, 0)
end

-- The list of a user's leases, and what is known of the user with the mark before it, or ''.
local function split(value)
  local at = string.find(value, '\0', 1, true)
  if not at then return value, '' end
  return string.sub(value, 1, at - 1), string.sub(value, at)
end

-- What is stored of a room, to be changed by one lease. Nodes are told of a user's first lease and of the last, and it is written down.
local function open_users(users, lease, channel, notes)
  local leases = redis.call('HGET', users, LEASES) or ''
  local own = find_number(leases, lease)
  local room = { count = count_users(users), own = own, leases = leases }

  local function tell(change, user, info)
    redis.call('PUBLISH', channel, '\1\3' .. change .. struct.pack('>I4', room.count) .. user .. info)
  end

  -- Without info, what is known stays as it is.
  function room.set(user, connections, info)
    local known, known_info = split(redis.call('HGET', users, user) or '')
    local before = find_number(known, lease)
    info = info and info ~= '' and '\0' .. info or known_info
    if before == connections and (connections == 0 or info == known_info) then return end
    if before == 0 then room.own = room.own + 1 elseif connections == 0 then room.own = room.own - 1 end
    local after = with_number(known, lease, connections)
    if after == '' then
      redis.call('HDEL', users, user)
      room.count = room.count - 1
      tell('\0', user, '')
      notes.add(false, user, room.count)
    else
      redis.call('HSET', users, user, after .. info)
      if known == '' then
        room.count = room.count + 1
        tell('\1', user, info)
        notes.add(true, user, room.count)
      end
    end
  end

  function room.close()
    notes.close()
    if room.own == own then return end
    local after = with_number(leases, lease, room.own)
    if after == '' then redis.call('HDEL', users, LEASES) else redis.call('HSET', users, LEASES, after) end
  end

  return room
end
`;

/**
 * Opens a partition to the entries of a new lease, or raises the fence there.
 *
 *     KEYS  lease
 *     ARGV  fence, from 1, ttl ms
 *     reply 1, or 0 where the lease is void or has a higher fence
 */
export const RAISE_FENCE = Script.bounded(String.raw`
if ARGV[1] ~= '1' then
  local known = redis.call('HGET', KEYS[1], '')
  if not known or tonumber(known) >= tonumber(ARGV[1]) then return 0 end
end
redis.call('HSET', KEYS[1], '', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/**
 * Sets how many connections users have in a room by way of a lease.
 *
 *     KEYS  lease, users of the room, events and journal of its partition
 *     ARGV  channel, room, lease, fence, ttl ms, 1 where the leases are asked for, and how its events are told: what of them, how many
 *           are kept, their ttl ms, their channel [; user, connections, info or '' …]
 *     reply users in the room, users by way of the lease, leases with entries in the room (where asked for, or where this one
 *           is new there); or nothing where the lease is void
 */
export const WRITE_MEMBERS = Script.bounded(String.raw`${MEMBERS}
local lease_key, users = KEYS[1], KEYS[2]
local channel, name, lease, fence, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('HGET', lease_key, '') ~= fence then return {} end

local room = open_users(users, lease, channel, notes_of(name, 7))
local is_new = room.own == 0
for i = 11, #ARGV, 3 do room.set(ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]) end
room.close()

if room.own > 0 then redis.call('HSET', lease_key, name, '') else redis.call('HDEL', lease_key, name) end
redis.call('PEXPIRE', lease_key, ttl)
redis.call('PEXPIRE', users, ttl)

local leases = {}
if ARGV[6] == '1' or (is_new and room.own > 0) then
  for other in string.gmatch(room.leases, ' (%S+) %d+') do table.insert(leases, other) end
end
return { room.count, room.own, leases }
`);

/**
 * Users of a room, as of one moment.
 *
 *     KEYS  users of the room
 *     ARGV  most users to list, and one more for the field that is none
 *     reply users in the room, then fields and values, one after the other
 */
export const LIST_MEMBERS = new Script(String.raw`${MEMBERS}
return { count_users(KEYS[1]), redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES') }
`);

/**
 * Which of some leases are in force in a partition.
 *
 *     KEYS  a lease each
 *     reply 1 for each that is in force, 0 for each that is void
 */
export const ARE_IN_FORCE = new Script(String.raw`
local in_force = {}
for i, lease in ipairs(KEYS) do in_force[i] = redis.call('HEXISTS', lease, '') end
return in_force
`);

/**
 * Voids a lease in one partition, so that nothing is written under it any more.
 *
 *     KEYS  lease
 *     ARGV  limit
 *     reply at most so many of the rooms that still have entries of the lease
 */
export const VOID_LEASE = Script.bounded(String.raw`
redis.call('HDEL', KEYS[1], '')
return redis.call('HRANDFIELD', KEYS[1], ARGV[1])
`);

/**
 * Removes entries of a void lease from a room: a step of what may take several, from cursor 0 until it is 0 again.
 *
 *     KEYS  lease, users of the room, events and journal of its partition
 *     ARGV  channel, room, lease, cursor, about how many users to look at, and how its events are told, as in WRITE_MEMBERS
 *     reply cursor, entries removed
 */
export const REAP_ROOM = Script.bounded(String.raw`${MEMBERS}
local lease_key, users = KEYS[1], KEYS[2]
local channel, name, lease = ARGV[1], ARGV[2], ARGV[3]
local room = open_users(users, lease, channel, notes_of(name, 6))
local before = room.own
local page = redis.call('HSCAN', users, ARGV[4], 'COUNT', ARGV[5])
for i = 1, #page[2], 2 do
  if page[2][i] ~= LEASES then room.set(page[2][i], 0) end
end
local removed = before - room.own
if page[1] == '0' then
  -- All has been looked at, and nothing can have come.
  room.own = 0
  redis.call('HDEL', lease_key, name)
end
room.close()
return { page[1], removed }
`);
