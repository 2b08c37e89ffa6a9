-- Which of some active jobs no worker holds. KEYS: active. ARGV: key prefix, ids.
-- Returns msgpack: rows, then for each: id, how often it was started, when it was taken, its name, when its next lock would have to be there (now).
local P = ARGV[1]
local call = redis.call
local out = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  if call('EXISTS', P .. id .. ':lock') == 0 then
    local values = redis.pcall('HMGET', P .. id, 'ats', 'processedOn', 'name', 'timestamp')
    if not values.err and (values[3] or values[4]) then out[#out + 1] = cmsgpack.pack(id, values[1], values[2], values[3]) end
  end
end
return cmsgpack.pack(#out) .. table.concat(out)
