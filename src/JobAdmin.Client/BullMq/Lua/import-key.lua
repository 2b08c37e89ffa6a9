-- Puts one key of a queue's own back, next to what is there: counters go up to it, fields and members that are missing come in, the rest stays unless
-- it is to be overwritten. The version is of the library that works on a queue: one that is there keeps its own. KEYS: the key.
-- ARGV: its last part, type, when it expires or '', overwrite 1/0, now, values.
-- Returns 1 added, 2 nothing to do, 0 something else stays, 3 overwritten, -9 has expired since.
local call = redis.call
local key, name, type, expires, overwrite = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
if expires ~= '' and tonumber(expires) <= tonumber(ARGV[5]) then return -9 end
local there = call('TYPE', key).ok
local first = 6

if there ~= 'none' and there ~= type then
  if not overwrite then return 0 end
  call('DEL', key)
  there = 'replaced'
end
if (name == 'id' or name == 'pc') and type == 'string' then
  if (tonumber(call('GET', key)) or -1) >= tonumber(ARGV[first]) then return 2 end
  call('SET', key, ARGV[first])
  return there == 'none' and 1 or 3
end

-- Pauses as the queue's library does: BullMQ 4 and 5 give the list of what waits another name, and their resume lets it take the place of what waits by then.
local function pause()
  local P = string.sub(key, 1, -5)
  local version = call('HGET', key, 'version')
  local major = version and string.match(version, ':(%d+)')
  call('HSET', key, 'paused', 1)
  if (not major or major == '4' or major == '5') and call('EXISTS', P .. 'wait') == 1 and call('EXISTS', P .. 'paused') == 0 then
    call('RENAME', P .. 'wait', P .. 'paused')
    call('XADD', P .. 'events', '*', 'event', 'paused')
  end
end

local added, kept, changed, pauses = 0, 0, 0, false
local function note(same)
  if same then return false end
  if overwrite then changed = changed + 1 else kept = kept + 1 end
  return overwrite
end
if type == 'string' then
  local value = call('GET', key)
  if not value then added = 1 end
  if not value or note(value == ARGV[first]) then call('SET', key, ARGV[first]) end
elseif type == 'hash' then
  for i = first, #ARGV, 2 do
    local field, value = ARGV[i], call('HGET', key, ARGV[i])
    if name == 'meta' and field == 'paused' and not value then
      -- A queue that runs is not stopped by what is missing there.
      if there ~= 'hash' then added, pauses = added + 1, true else pauses = note(false) end
    elseif name ~= 'meta' or field ~= 'version' or there ~= 'hash' then
      if not value then added = added + 1 end
      if not value or note(value == ARGV[i + 1]) then call('HSET', key, field, ARGV[i + 1]) end
    end
  end
  if pauses then pause() end
elseif type == 'zset' then
  for i = first, #ARGV, 2 do
    local score = call('ZSCORE', key, ARGV[i])
    if not score then added = added + 1 end
    if not score or note(tonumber(score) == tonumber(ARGV[i + 1])) then call('ZADD', key, ARGV[i + 1], ARGV[i]) end
  end
elseif type == 'set' then
  for i = first, #ARGV do added = added + call('SADD', key, ARGV[i]) end
elseif type == 'list' then
  local values = call('LRANGE', key, 0, -1)
  local same = #values == #ARGV - first + 1
  for i = 1, #values do same = same and values[i] == ARGV[first + i - 1] end
  if #values == 0 then added = 1 end
  if #values == 0 or note(same) then
    call('DEL', key)
    for i = first, #ARGV do call('RPUSH', key, ARGV[i]) end
  end
end
if expires ~= '' and (added > 0 or changed > 0) then call('PEXPIREAT', key, expires) end
if there == 'replaced' or changed > 0 then return 3 end
if there == 'none' then return 1 end
return kept > 0 and 0 or (added > 0 and 1 or 2)
