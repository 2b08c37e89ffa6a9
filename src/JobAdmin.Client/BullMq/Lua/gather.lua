-- Stands before BullMQ's functions in scripts that delete many jobs: rcall gathers the keys that they delete and unlinks them together, and a field that they
-- have just read is not read again: neither one of theirs, nor one that the filter behind readAhead() has read along with its own. Whatever else they do, and
-- whatever looks at a key that was gathered, comes after the unlinking. Ends with unlinkGathered(). Stands behind waiting-list.lua.
local rcall, unlinkGathered, readAhead
-- Whether a job is the next run of a scheduler, or of a repeatable job, whose id may be a digest of its name: without it neither runs again.
local function isNextRun(P, id)
  local key = string.sub(id, 1, 7) == 'repeat:' and rcall('HGET', P .. id, 'rjk')
  local run = key and rcall('ZSCORE', P .. 'repeat', key)
  return run and string.sub(id, -#run - 1) == ':' .. run
end
do
  local server = redis.call
  local keys, count, gathered = {}, 0, {}
  local seen, deduplication
  local ahead = {}
  readAhead = function(filter)
    if filter then
      filter.links = true
      ahead = filter
    end
  end
  unlinkGathered = function()
    if count > 0 then
      server('UNLINK', unpack(keys, 1, count))
      count, gathered = 0, {}
    end
  end
  rcall = function(command, key, ...)
    if command == 'DEL' then
      local a, b, c, d, e, more = ...
      gathered[key] = true
      if e and not more then
        -- A job and its five parts, most of what there is: without a table of them.
        local at = count
        keys[at + 1], keys[at + 2], keys[at + 3], keys[at + 4], keys[at + 5], keys[at + 6] = key, a, b, c, d, e
        count = at + 6
      else
        local all = { key, ... }
        for i = 1, #all do keys[count + i] = all[i] end
        count = count + #all
      end
      -- Few at a time: when memory goes back to the operating system, the keys of ten jobs have taken 10 ms, and a slice ends only between two lots.
      if count >= 60 then unlinkGathered() end
      return 1 + select('#', ...)
    end
    if command == 'HGET' then
      if key == seen and ... == 'deid' then return deduplication end
      if gathered[key] then unlinkGathered() end
      return server(command, key, ...)
    end
    if command == 'HMGET' and not gathered[key] then
      local first, second, more = ...
      local links = first == 'parentKey' and second == 'deid' and not more
      local values = links and key == ahead.key and { ahead.values[ahead.atparentKey], ahead.values[ahead.atdeid] } or server(command, key, ...)
      if links then seen, deduplication = key, values[2] end
      return values
    end
    unlinkGathered()
    if command == 'RPUSH' then key = listFor(key) end
    return server(command, key, ...)
  end
end
