-- Many ids through BullMQ's promote. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, ids.
local P, major, certain = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call
local wait = P .. 'wait'
if major == '6' and call('HEXISTS', KEYS[1], 'paused') == 1 and (certain == '0' or call('LLEN', P .. 'paused') > 0) then
  wait = P .. 'paused'
end
local keys
if major == '4' then
  keys = { P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'pc', P .. 'events' }
else
  keys = { P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'active', P .. 'pc', P .. 'events', P .. 'marker' }
end
local out, count = {}, 0
for i = 4, #ARGV do
  if i % 8 == 0 and isLate() then break end
  local id = ARGV[i]
  local ok, code = pcall(bullmq, keys, { P, id })
  if not ok then
    code = type(code) == 'table' and code.err or tostring(code)
  elseif code == -3 and not isJob(P .. id) then
    code = -1
  end
  out[count + 1], out[count + 2] = code, 'delayed'
  count = count + 2
end
out[count + 1] = elapsed()
return out
