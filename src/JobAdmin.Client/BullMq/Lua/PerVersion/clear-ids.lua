-- Clears some jobs of a state by id. KEYS: the state's set or list. ARGV: key prefix, state, ids. Returns how many. Stands behind job-fields.lua and gather.lua.
--- @include "removeJob"
local isJobSchedulerJob = nil
--- @include? "isJobSchedulerJob"

local P, state = ARGV[1], ARGV[2]
local list = state == 'wait' or state == 'paused' or state == 'active'
local deleted = 0
for i = 3, #ARGV do
  local id = ARGV[i]
  local job = P .. id
  local locked = state == 'active' and rcall('EXISTS', job .. ':lock') == 1
  if not locked and not isNextRun(isJobSchedulerJob, P, id) then
    -- Only what is still in the state: somebody may have moved it since it was seen.
    local there = rcall(list and 'LREM' or 'ZREM', KEYS[1], unpack(list and { -1, id } or { id })) == 1
    if there then
      removeJob(id, true, P, true)
      deleted = deleted + 1
    end
  end
end
if deleted > 0 then rcall('XADD', P .. 'events', '*', 'event', 'cleaned', 'count', deleted) end
unlinkGathered()
return deleted
