-- Takes ids without a job out of a state. KEYS: the state's set or list. ARGV: key prefix, list 1/0, ids.
-- Returns a code each: 1 taken out, 0 the job is there (again) or the id is not in the state any more, -2 a worker holds it.
local P, list = ARGV[1], ARGV[2] == '1'
local call = redis.call
local out = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local job = P .. id
  local values = redis.pcall('HMGET', job, 'name', 'timestamp', 'data', 'opts')
  local code = 0
  if call('EXISTS', job .. ':lock') == 1 then
    code = -2
  elseif not values.err and not values[1] and not values[2] and not values[3] and not values[4] then
    code = list and call('LREM', KEYS[1], -1, id) or call('ZREM', KEYS[1], id)
    if code > 0 then
      call('SREM', P .. 'stalled', id)
      call('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful')
    end
  end
  out[#out + 1] = code
end
return out
