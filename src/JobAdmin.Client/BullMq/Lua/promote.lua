-- Many ids through BullMQ's promote. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, a time or '', ids. A job that a worker has taken since that time is
-- left alone, with the code -20: it came back. Returns what outcomes.lua tells, then the microseconds it took.
local P, major, certain, since = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local call = redis.call
local wait = major == '6' and waitingList(P, certain == '0') or P .. 'wait'
local keys
if major == '4' then
  keys = { P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'pc', P .. 'events' }
else
  keys = { P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'active', P .. 'pc', P .. 'events', P .. 'marker' }
end

local function cameBack(taken)
  taken = since and tonumber(taken or 0)
  return taken and taken >= since
end

inLots(5, {
  state = function() return 'delayed' end,
  fields = since and { 'priority', 'processedOn' } or { 'priority' },
  -- What stands first in the list and begins with 0: is a mark to the function, not a job.
  plain = function(row, at, id)
    local priority = row[at + 1]
    return (not priority or priority == '0') and string.sub(id, 1, 2) ~= '0:' and not cameBack(row[at + 2])
  end,
  one = function(id, row, at)
    if row and cameBack(row[at + 2]) then return -20, 'delayed' end
    job = row and P .. id or nil
    if row then jobFields.priority = row[at + 1] end
    local code = codeOf(pcall(bullmq, keys, { P, id }))
    if code ~= -3 then return code, 'delayed' end
    -- Only one that was not delayed is looked for elsewhere.
    local there, wrong = isJob(P .. id)
    if not there then return wrong or -1, '' end
    return code, stateOf(P, id)
  end,
  done = 0,
})
outcomes[told + 1] = elapsed()
return outcomes
