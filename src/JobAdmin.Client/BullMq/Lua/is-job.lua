-- Whether a key is a job's: the queue's own keys (lists, sets, the schedulers' hashes) stand under the same prefix, and an id that was mistyped
-- must not reach them. Where that can't be read, as by a user without the right to, the second answer is the error.
local function isJob(key)
  local values = redis.pcall('HMGET', key, 'timestamp', 'name', 'ic', 'jid', 'every', 'pattern')
  if values.err then return false, string.sub(values.err, 1, 9) ~= 'WRONGTYPE' and values.err end
  return values[1] ~= false or (values[2] ~= false and not (values[3] or values[4] or values[5] or values[6]))
end
