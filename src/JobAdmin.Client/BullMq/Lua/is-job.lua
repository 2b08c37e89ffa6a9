-- Whether a key is a job's: the queue's own keys (lists, sets, the schedulers' hashes) stand under the same prefix, and an id that was mistyped
-- must not reach them.
local function isJob(key)
  local values = redis.pcall('HMGET', key, 'timestamp', 'name', 'ic', 'jid')
  if values.err then return false end
  return values[1] ~= false or (values[2] ~= false and not values[3] and not values[4])
end
