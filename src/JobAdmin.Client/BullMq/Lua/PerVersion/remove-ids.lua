-- Removes jobs of a queue that goes away, whoever holds them. KEYS: the state's set or list. ARGV: key prefix, state, ids. Returns how many. Stands behind gather.lua.
--- @include "removeJob"

local P, state = ARGV[1], ARGV[2]
local list = state == 'wait' or state == 'paused' or state == 'active'
for i = 3, #ARGV do
  local id = ARGV[i]
  if rcall(list and 'LREM' or 'ZREM', KEYS[1], unpack(list and { -1, id } or { id })) == 1 then
    removeJob(id, true, P, true)
    rcall('DEL', P .. id .. ':lock')
  end
end
unlinkGathered()
return #ARGV - 2
