-- Jobs by id with everything that belongs to them, but for their locks. KEYS: meta. ARGV: key prefix, the state all were seen in or '', bytes at most, ids.
-- Returns msgpack: ids looked at, rows, then for each job: id, state, score, when its hash expires or false, its hash; the deduplication key that it
-- owns and when that expires; and each of its other keys: how many values, when it expires, the values. Looks at fewer ids than given when it has
-- become much, or has taken 10 ms. Stands behind clock.lua and job-fields.lua.
local P, hint, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local sets = { 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }
local lists = { wait = true, paused = true, active = true }
local pack = cmsgpack.pack
local steps = 0

local function place(id)
  for _, set in ipairs(sets) do
    local score = call('ZSCORE', P .. set, id)
    if score then return set, score end
  end
  if call('EXISTS', P .. id .. ':lock') == 1 then return 'active', false end
  if lists[hint] then return hint, false end
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    steps = steps + call('LLEN', P .. list)
    if call('LPOS', P .. list, id) then return list, false end
  end
  return 'unknown', false
end

local function expires(key)
  local left = call('PTTL', key)
  if left < 0 then return false end
  local at = redis.pcall('PEXPIRETIME', key)
  if type(at) == 'number' then return string.format('%.0f', at) end
  local now = call('TIME')
  return string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + left)
end

-- Many values in one call cost less than a table; Lua's stack takes some thousands.
local function values(list)
  local count = #list
  if count <= 4000 then return pack(count, unpack(list)) end
  local parts = { pack(count) }
  for from = 1, count, 4000 do parts[#parts + 1] = pack(unpack(list, from, math.min(from + 3999, count))) end
  return table.concat(parts)
end

local function sub(key, ...)
  local found = call(...)
  if #found == 0 then return pack(0) end
  return values(found) .. pack(expires(key))
end

local out, rows, looked, bytes = {}, 0, 0, 0
for i = 4, #ARGV do
  if looked > 0 and (bytes > limit or steps > 1000000 or looked % 20 == 0 and isLate(10000)) then break end
  local id = ARGV[i]
  local job = P .. id
  looked = looked + 1
  local hash = (hint ~= '' or isThere(job)) and redis.pcall('HGETALL', job) or {}
  if hash.err then noHash(hash, 'HGETALL', job) end
  if #hash > 0 then
    local state, score = place(id)
    local deid, owned, ends = false, false, false
    for f = 1, #hash, 2 do
      if hash[f] == 'deid' then deid = hash[f + 1] end
    end
    if deid and call('GET', P .. 'de:' .. deid) == id then
      owned, ends = deid, expires(P .. 'de:' .. deid)
    end
    local row = pack(id, state, score, expires(job)) .. values(hash) .. pack(owned, ends)
    local logs, pending, processed, failed, unsuccessful = job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful'
    if call('EXISTS', logs, pending, processed, failed, unsuccessful) == 0 then
      row = row .. pack(0, 0, 0, 0, 0)
    else
      row = row .. sub(logs, 'LRANGE', logs, 0, -1) .. sub(pending, 'SMEMBERS', pending) .. sub(processed, 'HGETALL', processed)
        .. sub(failed, 'HGETALL', failed) .. sub(unsuccessful, 'ZRANGE', unsuccessful, 0, -1, 'WITHSCORES')
    end
    rows = rows + 1
    out[rows] = row
    bytes = bytes + #row
  end
end
return pack(looked, rows) .. table.concat(out)
