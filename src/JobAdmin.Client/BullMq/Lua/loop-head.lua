-- Stands before one of BullMQ's scripts that is run for many ids in one call. What that script reads anew for each id but can't change within one
-- call is read once: the queue's own settings, and the mark that wakes workers once it is set. Of the job itself, the loop may tell what it has read
-- already: fields, and of a job without lock and relatives in which sorted sets it stands. What it asks the server for after all is written down where
-- there is a tape. KEYS: meta. Stands behind clock.lua and waiting-list.lua.
local serverCall, serverPcall = redis.call, redis.pcall
local job, jobFields, jobThere = nil, {}, false
local tape
-- The id of a job that has neither a lock nor children, else nil; what its keys begin with, and that of the lock; its scores by the sets' keys, false in the others.
local bareId, bareParts, bareLock, bareScores = nil, nil, nil, {}
local redis = (function(server, settings)
  local marker = string.sub(settings, 1, -5) .. 'marker'
  local known, marked = {}, false
  local nothing = { HGETALL = {}, SMEMBERS = {}, ZRANGE = {} }
  local function call(command, key, ...)
    if key == job then
      if command == 'HGET' then
        local value = jobFields[...]
        if value ~= nil then return value end
      elseif command == 'HMGET' then
        local first, second, more = ...
        local one, other = jobFields[first], jobFields[second]
        if one ~= nil and other ~= nil and not more then return { one, other } end
      elseif command == 'EXISTS' and jobThere then
        return 1
      end
    elseif key == settings then
      if command == 'HMGET' or command == 'HGET' or command == 'HEXISTS' then
        local fields = command .. table.concat({ ... }, ' ')
        local value = known[fields]
        if not value then
          value = server.call(command, key, ...)
          known[fields] = value
        end
        return value
      end
    elseif key == marker and command == 'ZADD' then
      if marked then return 0 end
      marked = ... == 0
    elseif bareId then
      local none = nothing[command]
      if none then
        if string.sub(key, 1, #bareParts) == bareParts then return none end
      elseif command == 'GET' and key == bareLock then
        return false
      elseif command == 'ZSCORE' and ... == bareId then
        local score = bareScores[key]
        if score ~= nil then return score end
      end
    end
    if tape then tape[#tape + 1] = { command, key, ... } end
    if command == 'RPUSH' then key = listFor(key) end
    return server.call(command, key, ...)
  end
  local function tried(...)
    if tape then tape[#tape + 1] = { 'pcall' } end
    return server.pcall(...)
  end
  return { call = call, pcall = tried, acl_check_cmd = server.acl_check_cmd }
end)(redis, KEYS[1])
