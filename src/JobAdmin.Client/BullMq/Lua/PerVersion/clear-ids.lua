-- Clears some jobs of a state by id. KEYS: the state's set or list. ARGV: key prefix, state, everything 1/0 (a queue that is being removed), whether it is asked what
-- is left 1/0, number of ids, ids, ids of parents that were written down with them.
-- Returns how many, and where it is asked the ids that it left; of the parents those that did not go with their last child. Stands behind job-fields.lua and gather.lua.
--- @include "removeJob"

local P, state, everything, asked, count = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4] == '1', tonumber(ARGV[5])
local list = state == 'wait' or state == 'paused' or state == 'active'
local answer, there, deleted = { 0 }, {}, {}
local last = asked and #ARGV or 0
for i = 6, last do there[i] = rcall('EXISTS', P .. ARGV[i]) == 1 end
for i = 6, 5 + count do
  local id = ARGV[i]
  local lock = P .. id .. ':lock'
  local keep = not everything and (state == 'active' and rcall('EXISTS', lock) == 1 or isNextRun(P, id))
  -- Only what is still in the state: somebody may have moved it since it was seen.
  if not keep and rcall(list and 'LREM' or 'ZREM', KEYS[1], unpack(list and { -1, id } or { id })) == 1 then
    removeJob(id, true, P, true)
    if everything then rcall('DEL', lock) end
    answer[1], deleted[i] = answer[1] + 1, true
  end
end
if answer[1] > 0 and not everything then rcall('XADD', P .. 'events', '*', 'event', 'cleaned', 'count', answer[1]) end
unlinkGathered()
for i = 6, last do
  -- A parent has gone with its last child, also one whose own turn came later.
  if not deleted[i] and (not there[i] or rcall('EXISTS', P .. ARGV[i]) == 1) then answer[#answer + 1] = ARGV[i] end
end
return answer
