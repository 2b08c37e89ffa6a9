-- Many ids through BullMQ's removeJob. KEYS: meta. ARGV: key prefix, BullMQ's major, remove children 1/0, ids.
local P, major, children = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call
local sets = { 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }
local out = {}
for i = 4, #ARGV do
  if i > 4 and isLate() then break end
  local id = ARGV[i]
  local job = P .. id
  local state = ''
  for _, set in ipairs(sets) do
    if call('ZSCORE', P .. set, id) then state = set break end
  end
  local code
  if state == '' and not isJob(job) then
    code = -1
  else
    local ok, result
    if major == '4' then
      ok, result = pcall(bullmq, { P }, { id, children })
    else
      ok, result = pcall(bullmq, { job, P .. 'repeat' }, { id, children, P })
    end
    if ok then code = result else code = type(result) == 'table' and result.err or tostring(result) end
  end
  out[#out + 1] = code
  out[#out + 1] = state
end
out[#out + 1] = elapsed()
return out
