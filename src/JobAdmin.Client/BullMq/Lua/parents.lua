-- Parents that wait for children that are gone, or that have completed without being counted. KEYS: waiting-children. ARGV: key prefix, children to look
-- at at most, keys to give for each parent at most, ids.
-- Returns msgpack: ids looked at, rows, then for each parent with damage: id, children it waits for, gone ones, completed ones, whether it has more
-- children than were looked at, how many keys follow, the keys.
local P, most, named = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local call = redis.call

local out, looked, steps = {}, 0, 0
for i = 4, #ARGV do
  if looked > 0 and steps >= most then break end
  local id = ARGV[i]
  looked = looked + 1
  local key = P .. id .. ':dependencies'
  local count = call('SCARD', key)
  local gone, done, keys, cursor, seen = 0, 0, {}, '0', 0
  repeat
    local answer = call('SSCAN', key, cursor, 'COUNT', 500)
    cursor = answer[1]
    for _, child in ipairs(answer[2]) do
      seen = seen + 1
      local values = redis.pcall('HMGET', child, 'name', 'timestamp', 'data', 'finishedOn', 'returnvalue', 'failedReason')
      if not values.err then
        local missing = not values[1] and not values[2] and not values[3]
        local finished = values[4] and values[5] and not values[6]
        if missing then gone = gone + 1 end
        if finished then done = done + 1 end
        if (missing or finished) and #keys < named then keys[#keys + 1] = child end
      end
    end
  until cursor == '0' or seen >= most
  steps = steps + seen
  if (gone > 0 or done > 0 or count == 0) and call('ZSCORE', KEYS[1], id) and call('EXISTS', P .. id) == 1 then
    out[#out + 1] = cmsgpack.pack(id, count, gone, done, cursor == '0' and 0 or 1, #keys) .. (#keys > 0 and cmsgpack.pack(unpack(keys)) or '')
  end
end
return cmsgpack.pack(looked, #out) .. table.concat(out)
