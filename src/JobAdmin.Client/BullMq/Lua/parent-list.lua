-- Stands before BullMQ's functions that put a parent back in line, when its last child has gone. Those of BullMQ 6 push it to the list of what waits also where
-- its queue is paused as BullMQ 4 and 5 do it, whose resume would let the other list take the place of that one: there it goes where the other jobs are.
local function listFor(key)
  if string.sub(key, -5) ~= ':wait' then return key end
  local P = string.sub(key, 1, -5)
  local meta = redis.call('HMGET', P .. 'meta', 'paused', 'version')
  if not meta[1] then return key end
  local major = meta[2] and string.match(meta[2], ':(%d+)')
  local renames = not major or major == '4' or major == '5'
  return (renames or redis.call('LLEN', P .. 'paused') > 0) and P .. 'paused' or key
end

-- A function that calls the server with that in mind.
local function toParents(call)
  return function(command, key, ...)
    if command == 'RPUSH' then key = listFor(key) end
    return call(command, key, ...)
  end
end
