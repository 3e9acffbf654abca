import { NUMBER_EVENT } from '../../events/numbering.ts';

/**
 * Writes down who comes and goes in a room where somebody is to be told of it, in the step in which it happens, so that nothing is
 * missed. The stream of a partition has what nobody has taken yet, each under the time at which it was written down: its number (n),
 * what it is (k: o, j, l, v for occupied, joined, left, vacated), room, user, and users behind it. The hash beside it has the last
 * number and, where the numbering began, an epoch.
 *
 * The stream keeps so many; who reads it sees by the numbers what it has lost.
 */
export const NOTE = String.raw`${NUMBER_EVENT}
local function open_notes(keys, options)
  local events, journal = keys.events, keys.journal
  local noted = 0

  local function kinds_of(is_joined, count)
    local kinds = ''
    if string.find(options.telling, 'm') then kinds = is_joined and 'j' or 'l' end
    if string.find(options.telling, 'r') then
      if is_joined and count == 1 then kinds = 'o' .. kinds end
      if not is_joined and count == 0 then kinds = kinds .. 'v' end
    end
    return kinds
  end

  local notes = {}

  function notes.add(is_joined, user, count)
    local kinds = kinds_of(is_joined, count)
    if kinds == '' then return end
    local seq = number_event(journal, events)
    noted = noted + 1
    redis.call('XADD', events, 'MAXLEN', options.max, '*',
      'n', seq, 'k', kinds, 'r', options.room, 'u', user, 'c', count)
  end

  -- Whoever takes them is told where there was nothing before: it looks again behind all that it takes.
  function notes.close()
    if noted == 0 then return end
    redis.call('PEXPIRE', events, options.ttl)
    redis.call('PEXPIRE', journal, options.ttl)
    if redis.call('XLEN', events) <= noted then redis.call('PUBLISH', options.channel, '') end
  end

  return notes
end

local NO_NOTES = { add = function() end, close = function() end }

-- By four arguments: what is told, how many are kept, their ttl, their channel.
local function notes_of(room, first)
  local telling = ARGV[first]
  if telling == '' then return NO_NOTES end
  local keys = { events = KEYS[3], journal = KEYS[4] }
  return open_notes(keys, {
    room = room, telling = telling, max = ARGV[first + 1], ttl = ARGV[first + 2], channel = ARGV[first + 3]
  })
end
`;
