-- Stands before BullMQ's functions that put jobs in line. Those of BullMQ 6 push to the list of what waits also where the queue is paused as BullMQ 4 and 5 do it,
-- whose resume would let the other list take the place of that one: there jobs go where the others are.
-- The list for jobs that wait; renames - whether a pause gives it its other name, also where it is empty.
local function waitingList(P, renames)
  if redis.call('HEXISTS', P .. 'meta', 'paused') == 1 and (renames or redis.call('LLEN', P .. 'paused') > 0) then return P .. 'paused' end
  return P .. 'wait'
end

-- The same for a queue of which no more is known than the key, as that of a parent whose last child has gone.
local function listFor(key)
  if string.sub(key, -5) ~= ':wait' then return key end
  local P = string.sub(key, 1, -5)
  local version = redis.call('HGET', P .. 'meta', 'version')
  local major = version and string.match(version, ':(%d+)')
  return waitingList(P, not major or major == '4' or major == '5')
end

-- A function that calls the server with that in mind.
local function toParents(call)
  return function(command, key, ...)
    if command == 'RPUSH' then key = listFor(key) end
    return call(command, key, ...)
  end
end
