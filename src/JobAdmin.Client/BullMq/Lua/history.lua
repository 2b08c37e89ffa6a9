-- A part of a queue's events, newest first. KEYS: the stream. ARGV: the highest id ('+', or '(' and an id), the lowest, events to look at at most,
-- bytes at most, letters of the kinds that are wanted.
-- Returns msgpack: now in milliseconds, events ever added (-1 where Redis does not count), length, the first id, events looked at, the id to go on
-- below or '' at the end, rows, then for each: a letter for the kind, its id, the job or '', the name or false.
local call = redis.call
local letters = { added = 'a', waiting = 'w', active = 's', completed = 'c', failed = 'f', stalled = 'l', paused = 'p', resumed = 'r' }
local upper, lower, most, limit, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if call('EXISTS', KEYS[1]) == 0 then return cmsgpack.pack(now, 0, 0, '', 0, '', 0) end
local added, length, first = -1, 0, ''
local info = call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do
  local name, value = info[i], info[i + 1]
  if name == 'entries-added' then added = value
  elseif name == 'length' then length = value
  elseif name == 'first-entry' then first = value and value[1] or '' end
end

local out, scanned, bytes, more = {}, 0, 0, ''
while true do
  -- Return values stand in the events: a few at a time, so that large ones don't pile up.
  local part = math.min(100, most - scanned)
  local entries = call('XREVRANGE', KEYS[1], upper, lower, 'COUNT', part)
  for _, entry in ipairs(entries) do
    local kind, job, name = nil, '', false
    local fields = entry[2]
    for i = 1, #fields, 2 do
      local field, value = fields[i], fields[i + 1]
      bytes = bytes + #value
      if field == 'event' then kind = letters[value]
      elseif field == 'jobId' then job = value
      elseif field == 'name' then name = value end
    end
    if kind and string.find(wanted, kind, 1, true) then
      out[#out + 1] = cmsgpack.pack(kind, entry[1], job, kind == 'a' and name)
    end
  end
  scanned = scanned + #entries
  if #entries < part then break end
  upper = '(' .. entries[#entries][1]
  if scanned >= most or bytes > limit then more = upper break end
end
return cmsgpack.pack(now, added, length, first, scanned, more, #out) .. table.concat(out)
