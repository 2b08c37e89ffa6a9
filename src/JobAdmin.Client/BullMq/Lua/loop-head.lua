-- Stands before one of BullMQ's scripts that is run for many ids in one call. What that script reads anew for each id but can't change within one
-- call is read once: the queue's own settings, and the mark that wakes workers once it is set. Of the job itself, the loop may tell what it has read
-- already. KEYS: meta. Stands behind clock.lua.
local serverCall, serverPcall = redis.call, redis.pcall
local job, jobFields, jobThere = nil, {}, false
local redis = (function(server, settings)
  local marker = string.sub(settings, 1, -5) .. 'marker'
  local known, marked = {}, false
  local function call(command, key, ...)
    if key == job then
      if command == 'HGET' then
        local value = jobFields[...]
        if value ~= nil then return value end
      elseif command == 'EXISTS' and jobThere then
        return 1
      end
    elseif key == settings then
      if command == 'HMGET' or command == 'HGET' then
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
    end
    return server.call(command, key, ...)
  end
  return { call = call, pcall = server.pcall }
end)(redis, KEYS[1])
