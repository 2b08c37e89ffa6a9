-- Removes jobs of a queue that goes away, whoever holds them. KEYS: the state's set or list. ARGV: key prefix, state, number of ids, ids, ids of parents that
-- were written down with them. Returns how many, and the ids that were not in the state any more; of the parents those that did not go with their last child.
-- Stands behind gather.lua.
--- @include "removeJob"

local P, state, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local list = state == 'wait' or state == 'paused' or state == 'active'
local answer, there, deleted = { 0 }, {}, {}
for i = 4, #ARGV do there[i] = rcall('EXISTS', P .. ARGV[i]) == 1 end
for i = 4, 3 + count do
  local id = ARGV[i]
  if rcall(list and 'LREM' or 'ZREM', KEYS[1], unpack(list and { -1, id } or { id })) == 1 then
    removeJob(id, true, P, true)
    rcall('DEL', P .. id .. ':lock')
    answer[1], deleted[i] = answer[1] + 1, true
  end
end
unlinkGathered()
for i = 4, #ARGV do
  -- A parent has gone with its last child, also one whose own turn came later.
  if not deleted[i] and (not there[i] or rcall('EXISTS', P .. ARGV[i]) == 1) then answer[#answer + 1] = ARGV[i] end
end
return answer
