-- Clears some jobs of a state by id. KEYS: the state's set or list. ARGV: key prefix, state, number of ids, ids, ids of parents that were written down with them.
-- Returns how many, and the ids that it left; of the parents those that did not go with their last child. Stands behind job-fields.lua and gather.lua.
--- @include "removeJob"

local P, state, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local list = state == 'wait' or state == 'paused' or state == 'active'
local answer, there, deleted = { 0 }, {}, {}
for i = 4, #ARGV do there[i] = rcall('EXISTS', P .. ARGV[i]) == 1 end
for i = 4, 3 + count do
  local id = ARGV[i]
  local job = P .. id
  local locked = state == 'active' and rcall('EXISTS', job .. ':lock') == 1
  -- Only what is still in the state: somebody may have moved it since it was seen.
  if not locked and not isNextRun(P, id) and rcall(list and 'LREM' or 'ZREM', KEYS[1], unpack(list and { -1, id } or { id })) == 1 then
    removeJob(id, true, P, true)
    answer[1], deleted[i] = answer[1] + 1, true
  end
end
if answer[1] > 0 then rcall('XADD', P .. 'events', '*', 'event', 'cleaned', 'count', answer[1]) end
unlinkGathered()
for i = 4, #ARGV do
  -- A parent has gone with its last child, also one whose own turn came later.
  if not deleted[i] and (not there[i] or rcall('EXISTS', P .. ARGV[i]) == 1) then answer[#answer + 1] = ARGV[i] end
end
return answer
