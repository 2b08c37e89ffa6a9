-- One slice of clearing a sorted set. KEYS: the set. ARGV: key prefix, state, lowest score, highest score, cursor score or '', cursor id,
-- entries to look at, jobs to delete at most, filter as JSON or '', everything 1/0 (a queue that is being removed).
-- Returns: deleted, cursor score, cursor id, whether there is more, microseconds. Stands behind job-fields.lua and gather.lua.
--- @include "removeJob"

local P, state, min, max = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local cursorScore, cursorId = ARGV[5], ARGV[6]
local count, most = tonumber(ARGV[7]), tonumber(ARGV[8])
local filter = ARGV[9] ~= '' and cjson.decode(ARGV[9]) or nil
local everything = ARGV[10] == '1'
readAhead(filter)
-- Nothing of it is kept, and no cursor needed: scores cost Redis more than ids.
local bare = everything or (not filter and (state == 'completed' or state == 'failed'))
local key = KEYS[1]
local entries
-- The entry at the cursor was kept: go on behind it. If it has gone since, its score tells where it was.
if cursorScore ~= '' and rcall('ZSCORE', key, cursorId) == cursorScore then
  local rank = rcall('ZRANK', key, cursorId)
  entries = rcall('ZRANGE', key, rank + 1, rank + count, 'WITHSCORES')
elseif bare then
  entries = rcall('ZRANGEBYSCORE', key, min, max, 'LIMIT', 0, count)
else
  entries = rcall('ZRANGEBYSCORE', key, cursorScore ~= '' and cursorScore or min, max, 'WITHSCORES', 'LIMIT', 0, count)
end
local high = tonumber(max)
local gone = {}
local step = bare and 1 or 2
local more = #entries >= step * count
for i = 1, #entries, step do
  local id, score = entries[i], not bare and entries[i + 1] or nil
  if high and score and tonumber(score) > high then more = false break end
  if #gone >= most or i % 8 == 7 and isLate(10000) then more = true break end
  local keep = not everything and (not passes(P, id, filter)
    or (state ~= 'completed' and state ~= 'failed' and isNextRun(P, id)))
  if keep then
    cursorScore, cursorId = score, id
  else
    removeJob(id, true, P, true)
    gone[#gone + 1] = id
  end
end
for from = 1, #gone, 5000 do
  rcall('ZREM', key, unpack(gone, from, math.min(from + 4999, #gone)))
end
if #gone > 0 and not everything then rcall('XADD', P .. 'events', '*', 'event', 'cleaned', 'count', #gone) end
unlinkGathered()
return { #gone, cursorScore, cursorId, more and 1 or 0, elapsed() }
