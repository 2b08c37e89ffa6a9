-- Many ids through BullMQ's reprocessJob. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, reset attempts 1/0, ids.
-- Returns, for each id, a code or an error text, and the state it was in; then the microseconds it took.
local P, major, certain, reset = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local wait = P .. 'wait'
if major == '6' and call('HEXISTS', KEYS[1], 'paused') == 1 and (certain == '0' or call('LLEN', P .. 'paused') > 0) then
  -- The queue was paused as BullMQ 4 and 5 do it: their resume would overwrite what stands in the waiting list.
  wait = P .. 'paused'
end
local keys
if major == '6' then
  keys = { '', P .. 'events', '', wait, P .. 'meta', P .. 'active', P .. 'marker', P .. 'prioritized', P .. 'pc' }
else
  keys = { '', P .. 'events', '', wait, P .. 'meta', P .. 'paused', P .. 'active', P .. 'marker' }
end
local failed, completed = P .. 'failed', P .. 'completed'
local out = {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local job = P .. id
  local state = call('ZSCORE', failed, id) and 'failed' or (call('ZSCORE', completed, id) and 'completed' or '')
  local code
  if state == '' then
    code = isJob(job) and -3 or -1
  else
    local push = 'LPUSH'
    local opts = call('HGET', job, 'opts')
    if opts and string.find(opts, '"lifo":true', 1, true) then
      local ok, parsed = pcall(cjson.decode, opts)
      if ok and type(parsed) == 'table' and parsed.lifo == true then push = 'RPUSH' end
    end
    keys[1], keys[3] = job, P .. state
    local ok, result = pcall(bullmq, keys, { id, push, state == 'failed' and 'failedReason' or 'returnvalue', state, reset, reset })
    if ok then code = result else code = type(result) == 'table' and result.err or tostring(result) end
  end
  out[#out + 1] = code
  out[#out + 1] = state
end
out[#out + 1] = elapsed()
return out
