-- Changes jobs that no worker has, with BullMQ's own scripts. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, now in milliseconds,
-- what to change (data, priority, delay, progress as letters d, p, t, g), the four values, ids.
-- Codes: 0 changed, -1 no such job, -3 in a state that does not allow it.
local P, major, certain, now, what = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local data, priority, delay, progress = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local call = redis.call
local wait = major == '6' and waitingList(P, certain == '0') or P .. 'wait'
local function has(letter) return string.find(what, letter, 1, true) ~= nil end

local function change(id)
  local job = P .. id
  if has('t') then
    local code = changeDelay({ P .. 'delayed', P .. 'meta', P .. 'marker', P .. 'events' }, { delay, now, id, job })
    if code < 0 then return code end
  end
  if has('p') then
    local code = changePriority({ wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'active', P .. 'pc', P .. 'marker' }, { priority, P, id, '0' })
    if code < 0 then return code end
  end
  if has('d') then
    local code = updateData({ job }, { data })
    if code < 0 then return code end
  end
  if has('g') then return updateProgress({ job, P .. 'events', P .. 'meta' }, { id, progress }) end
  return 0
end

for i = 10, #ARGV do
  local id = ARGV[i]
  local there, wrong = isJob(P .. id)
  local state, code = there and stateOf(P, id) or '', nil
  if not there then
    code = wrong or -1
  elseif state == 'active' or (has('t') and state ~= 'delayed') then
    code = -3
  else
    code = codeOf(pcall(change, id))
  end
  tell(code, state)
end
return outcomes
