-- Many ids through BullMQ's reprocessJob. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, reset attempts 1/0,
-- whether parents wait for a child again (1 yes, 0 no, empty where the queue does not tell), ids.
-- Returns what outcomes.lua tells, then the microseconds it took.
local P, major, certain, reset, again = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local wait = major == '6' and waitingList(P, certain == '0') or P .. 'wait'
local keys
if major == '6' then
  keys = { '', P .. 'events', '', wait, P .. 'meta', P .. 'active', P .. 'marker', P .. 'prioritized', P .. 'pc' }
else
  keys = { '', P .. 'events', '', wait, P .. 'meta', P .. 'paused', P .. 'active', P .. 'marker' }
end
local fields = { 'opts', 'priority', 'parentKey', 'defa' }
local values = { failed = 'failedReason', completed = 'returnvalue' }
local arguments = { '', '', '', '', reset, reset }

local function retry(id, state, push)
  keys[3] = P .. state
  arguments[1], arguments[2], arguments[3], arguments[4] = id, push, values[state], state
  return codeOf(pcall(bullmq, keys, arguments))
end

-- The parent that is to wait for the job again. Before 5.58.2 none does: a worker that takes one with a child to wait for can't finish it.
-- Where the version is unknown, one does that waits for others still, or has ended, so that no worker takes it.
local function waiting(parent)
  if not parent or again == '0' then return false end
  if again == '' and serverCall('SCARD', parent .. ':dependencies') == 0 and serverCall('HEXISTS', parent, 'finishedOn') == 0 then return false end
  return parent
end

-- Jobs that come together are mostly of one state: asked for the other one, BullMQ's script finds nothing, changes nothing, and says -3.
local first, second = 'failed', 'completed'
local function one(id, row, at)
  if not row then return -1, '' end
  keys[1] = P .. id
  local opts = row[at + 1]
  job, jobThere = keys[1], opts or row[at + 2] or row[at + 3]
  jobFields.priority, jobFields.parentKey = row[at + 2], waiting(row[at + 3])
  local push = 'LPUSH'
  if opts and string.find(opts, '"lifo":true', 1, true) then
    local ok, parsed = pcall(cjson.decode, opts)
    if ok and type(parsed) == 'table' and parsed.lifo == true then push = 'RPUSH' end
  end
  local code = retry(id, first, push)
  if code == -3 then
    code = retry(id, second, push)
    if code ~= -3 then first, second = second, first end
  end
  -- Stopped while it ran, it completed all the same: the next run is to be one.
  if code == 1 and row[at + 4] then serverCall('HDEL', job, 'defa') end
  if code == -3 and not isJob(job) then code = -1 end
  return code, (code == -3 or code == -1) and '' or first
end

inLots(6, {
  state = function() return first end,
  fields = fields,
  plain = function(row, at)
    local opts, priority = row[at + 1], row[at + 2]
    return opts and (not priority or priority == '0') and not row[at + 3] and not row[at + 4] and not string.find(opts, '"lifo":true', 1, true)
  end,
  one = one,
  done = 1,
})
outcomes[told + 1] = elapsed()
return outcomes
