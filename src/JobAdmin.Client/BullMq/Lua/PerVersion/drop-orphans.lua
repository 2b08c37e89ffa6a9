-- Deletes jobs that are in no state, with all that is theirs; a parent stops waiting for them. KEYS: meta. ARGV: key prefix, ids.
-- Returns a code each: 1 deleted, 0 it is in a state, or not a job's, or gone, -2 a worker holds it. Stands behind orphan-parts.lua and waiting-list.lua.
local rcall = toParents(redis.call)
--- @include "removeJob"

local P = ARGV[1]
local out = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local code = 0
  if rcall('EXISTS', P .. id .. ':lock') == 1 then
    code = -2
  elseif not inSet(P, id) and not belongsElsewhere(P, id) and not inList(P, id) then
    local keys = keysOf(P, id)
    if keys and #keys > 0 then
      removeJob(id, false, P, true)
      code = 1
    end
  end
  out[#out + 1] = code
end
return out
