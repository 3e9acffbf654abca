import { NOW_MS } from '../redis/scripts/clock.lua.ts';

/**
 * `number_event(journal, events)`, Lua: the next number of a partition. A journal that is not there begins another numbering, and has
 * an empty stream beside it.
 */
export const NUMBER_EVENT = String.raw`${NOW_MS}
local function number_event(journal, events)
  local seq = redis.call('HINCRBY', journal, 'seq', 1)
  if seq == 1 then
    redis.call('DEL', events)
    redis.call('HSET', journal, 'epoch', string.format('%.0f', now_ms()))
    redis.call('HDEL', journal, 'sent', 'lost', 'undelivered', 'told')
  end
  return seq
end
`;
