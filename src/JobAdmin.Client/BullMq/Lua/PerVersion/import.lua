-- Puts jobs back. KEYS: meta. ARGV: key prefix, BullMQ's major, whether that is certain 1/0, overwrite 1/0, library for a queue that has to be made
-- or '', now; then for each job: id, state, score, when its hash expires or '', number of hash values, hash, deduplication id or '', when that expires
-- or '', and for logs, dependencies, processed, failed and unsuccessful: number of values, when they expire or '', values.
-- Returns a code each: 1 added, 2 there already and the same, 0 there and different, 3 overwritten, -2 a worker has it, -9 has expired since.
local rcall = redis.call
--- @include? "isQueuePausedOrMaxed"
--- @include? "addBaseMarkerIfNeeded"
--- @include? "addPriorityMarkerIfNeeded"
--- @include? "addDelayMarkerIfNeeded"

local P, major, certain, overwrite = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local library, now = ARGV[5], tonumber(ARGV[6])
local sets = { 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }
local isSet = {}
for _, set in ipairs(sets) do isSet[set] = true end
local kinds = { { 'logs', 'RPUSH' }, { 'dependencies', 'SADD' }, { 'processed', 'HSET' }, { 'failed', 'HSET' }, { 'unsuccessful', 'ZADD' } }
local at = 7

local function next()
  at = at + 1
  return ARGV[at - 1]
end

local function nextValues()
  local values = {}
  for i = 1, tonumber(next()) do values[i] = next() end
  return values
end

-- Pairs stay together: the size of a part is even.
local function put(key, command, values, expires)
  for from = 1, #values, 4000 do rcall(command, key, unpack(values, from, math.min(from + 3999, #values))) end
  if expires ~= '' and #values > 0 then rcall('PEXPIREAT', key, expires) end
end

-- The zset's members come before their scores in a record, and behind them in the command.
local function swapped(values)
  for i = 1, #values, 2 do values[i], values[i + 1] = values[i + 1], values[i] end
  return values
end

local function stateOf(id)
  for _, set in ipairs(sets) do
    local score = rcall('ZSCORE', P .. set, id)
    if score then return set, score end
  end
end

-- A parent that was there all the time, and waits, lost this child when it was removed: it waits for it again. In another queue, whose keys may not be ours to read or lie on another
-- node, only where it can.
local canWait = { wait = true, waiting = true, paused = true, delayed = true, prioritized = true, active = true, ['waiting-children'] = true }
local function link(job, hash)
  local parent, told
  for i = 1, #hash, 2 do
    if hash[i] == 'parentKey' then parent = hash[i + 1] elseif hash[i] == 'parent' then told = hash[i + 1] end
  end
  local queue = P
  if parent and string.sub(parent, 1, #P) ~= P then
    local ok, json = pcall(cjson.decode, told)
    queue = ok and type(json) == 'table' and type(json.queueKey) == 'string' and json.queueKey .. ':' or nil
  end
  if parent and queue and string.sub(parent, 1, #queue) == queue
    and type(redis.pcall('ZSCORE', queue .. 'waiting-children', string.sub(parent, #queue + 1))) == 'string'
    and redis.pcall('HEXISTS', parent .. ':processed', job) == 0 then
    redis.pcall('SADD', parent .. ':dependencies', job)
  end
end

-- BullMQ takes a child whose id has colons for one of another queue when it removes its parent: its hash goes, and its id stays in the list.
local function mayDangle(id, hash)
  for i = 1, string.find(id, ':', 1, true) and #hash or 0, 2 do
    if hash[i] == 'parentKey' then return true end
  end
  return false
end

local function isSame(id, job, state, score, hash)
  local there, count = rcall('HGETALL', job), 0
  if #there ~= #hash then return false end
  local fields = {}
  for i = 1, #hash, 2 do fields[hash[i]] = hash[i + 1] end
  for i = 1, #there, 2 do
    if fields[there[i]] ~= there[i + 1] then return false end
  end
  local set, at = stateOf(id)
  if isSet[state] then return set == state and tonumber(at) == tonumber(score) end
  -- One that was active stands by its priority since it was put back.
  return not set or state == 'active' and set == 'prioritized'
end

if rcall('EXISTS', KEYS[1]) == 0 then
  rcall('HSET', KEYS[1], 'opts.maxLenEvents', 10000)
  if library ~= '' then rcall('HSET', KEYS[1], 'version', library) end
end
local list = waitingList(P, major ~= '6' or certain == '0')

local codes, ready, delayed, highest, place = {}, false, false, 0, 0
while ARGV[at] do
  local id, state, score, expires = next(), next(), next(), next()
  local hash = nextValues()
  local owned, ownedUntil = next(), next()
  local subs = {}
  for i = 1, #kinds do
    local count = tonumber(next())
    local ends, values = next(), {}
    for v = 1, count do values[v] = next() end
    subs[i] = { values, ends }
  end
  local job = P .. id
  local there = rcall('EXISTS', job) == 1
  local code = 1
  if expires ~= '' and tonumber(expires) <= now then
    code = -9
  elseif there and rcall('EXISTS', job .. ':lock') == 1 then
    code = isSame(id, job, state, score, hash) and 2 or -2
  elseif there and isSame(id, job, state, score, hash) then
    code = 2
  elseif there and not overwrite then
    code = 0
  elseif there then
    code = 3
  end
  if code == 1 or code == 3 then
    local set = stateOf(id)
    if set then
      rcall('ZREM', P .. set, id)
    elseif there or mayDangle(id, hash) then
      for _, name in ipairs({ 'wait', 'paused', 'active' }) do rcall('LREM', P .. name, 1, id) end
    end
    rcall('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful')
    put(job, 'HSET', hash, expires)
    for i, kind in ipairs(kinds) do
      local values = subs[i][1]
      if #values > 0 then put(job .. ':' .. kind[1], kind[2], kind[2] == 'ZADD' and swapped(values) or values, subs[i][2]) end
    end
    if isSet[state] then
      rcall('ZADD', P .. state, score, id)
      delayed = delayed or state == 'delayed'
      if state == 'prioritized' then ready, place = true, math.max(place, tonumber(score) % 4294967296) end
    elseif state == 'active' then
      -- The worker that had it is not there any more: it goes back to the front, as BullMQ gives jobs back.
      local priority = tonumber(rcall('HGET', job, 'priority')) or 0
      if priority > 0 then
        rcall('ZADD', P .. 'prioritized', priority * 4294967296, id)
      else
        rcall('RPUSH', list, id)
      end
      ready = true
    elseif state ~= 'unknown' then
      rcall('LPUSH', list, id)
      ready = true
    end
    if canWait[state] then link(job, hash) end
    if owned ~= '' and (ownedUntil == '' or tonumber(ownedUntil) > now) then
      local key = P .. 'de:' .. owned
      if rcall('SETNX', key, id) == 1 and ownedUntil ~= '' then rcall('PEXPIREAT', key, ownedUntil) end
    end
    if string.find(id, '^%d+$') and #id < 16 then highest = math.max(highest, tonumber(id)) end
  end
  codes[#codes + 1] = code
end
-- The next job that is added must not get the id of one of these.
if highest > (tonumber(rcall('GET', P .. 'id')) or 0) then rcall('SET', P .. 'id', string.format('%.0f', highest)) end
-- Nor come before those of the same priority: that counter is their place among them.
if place > (tonumber(rcall('GET', P .. 'pc')) or 0) then rcall('SET', P .. 'pc', string.format('%.0f', place)) end
if major == '4' then
  -- Its workers wait for the list itself: pseudo ids in it wake them for what stands elsewhere. A job that is alone in the list must not be taken for one.
  if ready and list == P .. 'wait' and rcall('ZCARD', P .. 'prioritized') > 0 then addPriorityMarkerIfNeeded(list) end
  local newest = rcall('LINDEX', list, 0)
  if delayed and (not newest or string.sub(newest, 1, 2) == '0:') then addDelayMarkerIfNeeded(list, P .. 'delayed') end
  return codes
end
if ready then addBaseMarkerIfNeeded(P .. 'marker', isQueuePausedOrMaxed(KEYS[1], P .. 'active')) end
if delayed and rcall('HEXISTS', KEYS[1], 'paused') == 0 then addDelayMarkerIfNeeded(P .. 'marker', P .. 'delayed') end
return codes
