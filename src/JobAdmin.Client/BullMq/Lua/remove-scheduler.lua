-- Many ids through BullMQ's removeJobScheduler. KEYS: repeat. ARGV: key prefix, whether those without a count are known for schedulers (1, 0), ids.
-- Returns for each: 0 removed, 1 not there, -20 a repeatable job of old, or a scheduler from before 5.36; the id of its next job when that waits already and so stays.
local P, known = ARGV[1], ARGV[2] == '1'
local call = redis.call
local out = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local score = call('ZSCORE', KEYS[1], id)
  local code, left = 1, ''
  if score then
    if not known and call('HEXISTS', KEYS[1] .. ':' .. id, 'ic') == 0 and (call('EXISTS', KEYS[1] .. ':' .. id) == 1 or string.find(id, '^[^:]*:[^:]*:%d*:[^:]*:.')) then
      code = -20
    else
      code = codeOf(pcall(removeJobScheduler, { KEYS[1], P .. 'delayed', P .. 'events' }, { id, P }))
      local job = 'repeat:' .. id .. ':' .. score
      if call('EXISTS', P .. job) == 1 and not call('ZSCORE', P .. 'completed', job) and not call('ZSCORE', P .. 'failed', job) then left = job end
    end
  end
  out[#out + 1] = code
  out[#out + 1] = left
end
return out
