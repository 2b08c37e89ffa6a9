-- Shared by the scripts that look for orphans and delete them: whether what stands under an id is a job's and belongs to nobody.
local KINDS = { logs = 'list', dependencies = 'set', processed = 'hash', failed = 'hash', unsuccessful = 'zset' }
local FIELDS = {}
for field in string.gmatch('name data opts timestamp delay priority progress processedOn finishedOn failedReason stacktrace returnvalue atm ats stc '
  .. 'attemptsMade pb defa rjk nrjid deid parentKey parent flowAttachmentFailed', '%S+') do FIELDS[field] = true end
local foreign = {}

-- A prefix with a colon may begin with ours: what stands below another queue's name is that queue's.
local function belongsElsewhere(P, id)
  local at = 0
  while true do
    at = string.find(id, ':', at + 1, true)
    if not at then return false end
    local other = string.sub(id, 1, at)
    if foreign[other] == nil then
      foreign[other] = redis.call('EXISTS', P .. other .. 'meta', P .. other .. 'id', P .. other .. 'events') > 0
    end
    if foreign[other] then return true end
  end
end

-- The keys that stand under an id, or nil when they are not those of a job: a scheduler's, a metric's, an application's own.
local function keysOf(P, id)
  local job = P .. id
  local keys = {}
  local type = redis.call('TYPE', job).ok
  if type == 'hash' then
    local values = redis.call('HMGET', job, 'name', 'timestamp', 'data', 'opts', 'ic')
    -- A scheduler's hash has no time at which it was added.
    if string.sub(id, 1, 7) == 'repeat:' and not values[2] then return nil end
    if not (values[1] and values[2] and values[3] and values[4]) then
      if redis.call('HLEN', job) > 40 then return nil end
      for _, field in ipairs(redis.call('HKEYS', job)) do
        if not FIELDS[field] then return nil end
      end
    end
    keys[1] = job
  elseif type ~= 'none' then
    return nil
  end
  for kind, expected in pairs(KINDS) do
    local found = redis.call('TYPE', job .. ':' .. kind).ok
    -- A job of its own may have such an id: BullMQ takes those with two colons.
    if found == 'hash' and redis.call('HEXISTS', job .. ':' .. kind, 'timestamp') == 1 and redis.call('HEXISTS', job .. ':' .. kind, 'opts') == 1 then found = 'none' end
    if found == expected then keys[#keys + 1] = job .. ':' .. kind
    elseif found ~= 'none' then return nil end
  end
  return keys
end

local function inSet(P, id)
  for _, set in ipairs({ 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }) do
    if redis.call('ZSCORE', P .. set, id) then return true end
  end
  return false
end

local function inList(P, id)
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    if redis.call('LPOS', P .. list, id) then return true end
  end
  return false
end
