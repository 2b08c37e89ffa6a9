-- Which of some ids have no job: none at all, or the remnant of one, a hash that something wrote to after the job was gone. KEYS: meta.
-- ARGV: key prefix, ids. Returns two for each of those: the id, and 0 for none or 1 for a remnant. What a worker holds is not among them.
local P = ARGV[1]
local call = redis.call
local out = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local job = P .. id
  local values = redis.pcall('HMGET', job, 'name', 'timestamp', 'data', 'opts')
  if not values.err and not values[1] and not values[2] and not values[3] and not values[4] and call('EXISTS', job .. ':lock') == 0 then
    out[#out + 1] = id
    out[#out + 1] = call('EXISTS', job)
  end
end
return out
