-- What workers have counted. KEYS: meta. ARGV: key prefix, points at the most.
-- Returns, for completed and for failed: jobs in all, when the last point was made, jobs in all before it, the points, newest first.
local P, most = ARGV[1], tonumber(ARGV[2])
local call = redis.call
local out = {}
for _, kind in ipairs({ 'completed', 'failed' }) do
  local key = P .. 'metrics:' .. kind
  local values = call('HMGET', key, 'count', 'prevTS', 'prevCount')
  out[#out + 1] = values[1]
  out[#out + 1] = values[2]
  out[#out + 1] = values[3]
  out[#out + 1] = most > 0 and call('LRANGE', key .. ':data', 0, most - 1) or {}
end
return out
