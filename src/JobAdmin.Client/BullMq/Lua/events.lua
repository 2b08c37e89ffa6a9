-- What a stream holds behind an id, together with the counters that tell what was lost. KEYS: the stream. ARGV: last id seen, events at most.
-- Returns: entries ever added (-1 where Redis doesn't count), length, last id, first id, the events.
local call = redis.call
if call('EXISTS', KEYS[1]) == 0 then return { 0, 0, '', '', {} } end
local added, length, last, first = -1, 0, '', ''
local info = call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  local name, value = info[i], info[i + 1]
  if name == 'entries-added' then added = value
  elseif name == 'length' then length = value
  elseif name == 'last-generated-id' then last = value
  elseif name == 'first-entry' then first = value and value[1] or '' end
end
local count = tonumber(ARGV[2])
-- Redis refuses to look behind the last id that there can be.
local ended = ARGV[1] == '18446744073709551615-18446744073709551615'
local events = count > 0 and not ended and call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', count) or {}
return { added, length, last, first, events }
