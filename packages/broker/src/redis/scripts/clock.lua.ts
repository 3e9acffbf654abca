/** `now_ms()`: Redis's clock, which is the same for all nodes, in Unix milliseconds. It stands still while a script runs. */
export const NOW_MS = String.raw`
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;
