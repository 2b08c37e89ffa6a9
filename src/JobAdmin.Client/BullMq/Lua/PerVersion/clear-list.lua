-- One slice of clearing a list, from the end where the oldest are. KEYS: the list. ARGV: key prefix, state, jobs kept so far at that end, the
-- last one kept or '', entries to look at, jobs to delete at most, filter as JSON or '', everything 1/0 (a queue that is being removed).
-- Returns: deleted, kept, last kept, whether there is more, microseconds. Stands behind job-fields.lua and gather.lua.
--- @include "removeJob"

local P, state = ARGV[1], ARGV[2]
local kept, anchor = tonumber(ARGV[3]), ARGV[4]
local count, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local filter = ARGV[7] ~= '' and cjson.decode(ARGV[7]) or nil
local everything = ARGV[8] == '1'
readAhead(filter)
local key = KEYS[1]
-- Workers take from this end: of those kept, some may have gone since.
while kept > 0 and rcall('LINDEX', key, -kept) ~= anchor do
  local at = rcall('LPOS', key, anchor, 'RANK', -1, 'MAXLEN', kept)
  kept = at and rcall('LLEN', key) - at or 0
end
local ids = rcall('LRANGE', key, -(kept + count), -(kept + 1))
local total = #ids
local more = total >= count
local marked, looked, deleted = {}, 0, 0
for i = total, 1, -1 do
  if deleted >= most or i % 4 == 0 and looked > 0 and isLate(10000) then more = true break end
  local id = ids[i]
  looked = looked + 1
  local job = P .. id
  local keep = not everything and (string.sub(id, 1, 2) == '0:' or not passes(P, id, filter)
    or (state == 'active' and rcall('EXISTS', job .. ':lock') == 1)
    or isNextRun(P, id))
  if not keep then
    removeJob(id, true, P, true)
    if everything and state == 'active' then rcall('DEL', job .. ':lock') end
    marked[#marked + 1] = -(kept + total - i + 1)
    deleted = deleted + 1
  end
end
if deleted > 0 then
  if kept == 0 and deleted == looked then
    rcall('LTRIM', key, 0, -(deleted + 1))
  else
    for _, at in ipairs(marked) do rcall('LSET', key, at, '') end
    rcall('LREM', key, -deleted, '')
  end
  if not everything then rcall('XADD', P .. 'events', '*', 'event', 'cleaned', 'count', deleted) end
end
kept = kept + looked - deleted
unlinkGathered()
return { deleted, kept, kept > 0 and rcall('LINDEX', key, -kept) or '', more and 1 or 0, elapsed() }
