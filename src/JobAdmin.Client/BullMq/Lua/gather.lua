-- Stands before BullMQ's functions in scripts that delete many jobs: rcall gathers the keys that they delete and unlinks them together, and a field that they
-- have just read is not read again. Whatever else they do, and whatever looks at a key that was gathered, comes after the unlinking. Ends with unlinkGathered().
local rcall, unlinkGathered
do
  local server = redis.call
  local keys, count, gathered = {}, 0, {}
  local seen, deduplication
  unlinkGathered = function()
    if count > 0 then
      server('UNLINK', unpack(keys, 1, count))
      count, gathered = 0, {}
    end
  end
  rcall = function(command, key, ...)
    if command == 'DEL' then
      local more = { ... }
      keys[count + 1] = key
      for i = 1, #more do keys[count + 1 + i] = more[i] end
      count = count + 1 + #more
      gathered[key] = true
      if count >= 600 then unlinkGathered() end
      return 1 + #more
    end
    if command == 'HGET' then
      if key == seen and ... == 'deid' then return deduplication end
      if gathered[key] then unlinkGathered() end
      return server(command, key, ...)
    end
    if command == 'HMGET' and not gathered[key] then
      local values = server(command, key, ...)
      local first, second = ...
      if first == 'parentKey' and second == 'deid' then seen, deduplication = key, values[2] end
      return values
    end
    unlinkGathered()
    return server(command, key, ...)
  end
end
