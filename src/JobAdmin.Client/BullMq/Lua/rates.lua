-- How fast a queue fills and empties, by the newest of its events. KEYS: meta. ARGV: key prefix, milliseconds to look back, events at the most.
-- Returns nothing where there is no such queue, else: added, completed, failed, milliseconds that were looked at.
local P, window, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local call = redis.call
if call('EXISTS', KEYS[1]) == 0 then return {} end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = call('XREVRANGE', P .. 'events', '+', string.format('%.0f', math.max(0, now - window)), 'COUNT', most)
local counts = { added = 0, completed = 0, failed = 0 }
for i = 1, #entries do
  local fields = entries[i][2]
  for f = 1, #fields, 2 do
    if fields[f] == 'event' then
      local count = counts[fields[f + 1]]
      if count then counts[fields[f + 1]] = count + 1 end
      break
    end
  end
end
local span = window
if #entries == most or (#entries >= 100 and #entries == call('XLEN', P .. 'events')) then
  -- There was more, or it is kept no longer: the newest of it must do.
  span = math.max(1, now - tonumber(string.match(entries[#entries][1], '^%d+')))
end
return { counts.added, counts.completed, counts.failed, span }
