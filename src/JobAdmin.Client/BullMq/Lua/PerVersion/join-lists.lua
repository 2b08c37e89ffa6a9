-- Moves jobs of one list behind those of the other, oldest first, so that all stand where the queue's workers or its resume will look.
-- KEYS: wait, paused, meta. ARGV: key prefix, jobs to move at most. Returns: moved, left.
local rcall = redis.call
--- @include? "isQueuePausedOrMaxed"
--- @include? "addBaseMarkerIfNeeded"

local paused = rcall('HEXISTS', KEYS[3], 'paused') == 1
local from, to = paused and KEYS[1] or KEYS[2], paused and KEYS[2] or KEYS[1]
local moved = 0
for _ = 1, tonumber(ARGV[2]) do
  if not rcall('RPOPLPUSH', from, to) then break end
  moved = moved + 1
end
if not paused and moved > 0 then addBaseMarkerIfNeeded(ARGV[1] .. 'marker', isQueuePausedOrMaxed(KEYS[3], ARGV[1] .. 'active')) end
return { moved, rcall('LLEN', from) }
