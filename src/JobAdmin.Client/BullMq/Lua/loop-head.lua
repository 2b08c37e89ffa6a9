-- Stands before one of BullMQ's scripts that is run for many ids in one call. What that script reads anew for each id but can't change within one
-- call is read once: the queue's own settings, and the mark that wakes workers once it is set. KEYS: meta.
local serverCall = redis.call
local loopStart = serverCall('TIME')
local redis = (function(server, settings)
  local marker = string.sub(settings, 1, -5) .. 'marker'
  local known, marked = {}, false
  local function call(command, key, ...)
    if key == settings and (command == 'HMGET' or command == 'HGET') then
      local fields = command .. table.concat({ ... }, ' ')
      local value = known[fields]
      if not value then
        value = server.call(command, key, ...)
        known[fields] = value
      end
      return value
    end
    if key == marker and command == 'ZADD' then
      if marked then return 0 end
      marked = ... == 0
    end
    return server.call(command, key, ...)
  end
  return { call = call, pcall = server.pcall }
end)(redis, KEYS[1])

-- Microseconds since the call began, by which the size of the next one is chosen.
local function elapsed()
  local now = serverCall('TIME')
  return (now[1] - loopStart[1]) * 1000000 + now[2] - loopStart[2]
end
