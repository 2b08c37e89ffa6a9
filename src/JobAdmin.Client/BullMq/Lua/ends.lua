-- How jobs ended, as a part of a queue's events tells it, newest first. Of each job the newest event that moves it decides: an end that stands before it is that of
-- an earlier run. KEYS: the stream. ARGV: the highest id ('+', or '(' and an id), events to look at at most, bytes at most, job ids.
-- Returns: the id to go on below or '' at the end, events looked at, the jobs that were met, the events with which some of them ended.
local call = redis.call
local moves = { added = 1, waiting = 1, ['waiting-children'] = 1, prioritized = 1, delayed = 1, active = 1, removed = 1, completed = 2, failed = 2 }
local upper, most, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted, met, ends, scanned, bytes = {}, {}, {}, 0, 0
for i = 4, #ARGV do wanted[ARGV[i]] = true end
while true do
  -- Return values stand in the events: a few at a time, so that large ones don't pile up.
  local part = math.min(100, most - scanned)
  local entries = call('XREVRANGE', KEYS[1], upper, '-', 'COUNT', part)
  for _, entry in ipairs(entries) do
    local kind, job
    local fields = entry[2]
    for i = 1, #fields, 2 do
      local field, value = fields[i], fields[i + 1]
      bytes = bytes + #value
      if field == 'event' then kind = moves[value] elseif field == 'jobId' then job = value end
    end
    if kind and wanted[job] then
      wanted[job] = nil
      met[#met + 1] = job
      if kind == 2 then ends[#ends + 1] = entry end
    end
  end
  scanned = scanned + #entries
  if #entries < part then return { '', scanned, met, ends } end
  upper = '(' .. entries[#entries][1]
  if scanned >= most or bytes > limit or next(wanted) == nil then return { upper, scanned, met, ends } end
end
