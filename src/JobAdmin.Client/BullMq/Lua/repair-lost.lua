-- Many lost active jobs through BullMQ's moveJobFromActiveToWait. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, then for each job:
-- id, how often it had been started and when it had been taken when it was found.
-- Returns a code each (1 put back, 0 not active any more or taken again since, -1 without a job, -2 a worker holds it); then the microseconds it took.
local P, major, certain = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call
local active, stalled = P .. 'active', P .. 'stalled'
local wait = major == '6' and waitingList(P, certain == '0') or P .. 'wait'
local keys = { active, wait, stalled, P .. 'paused', KEYS[1], P .. 'limiter', P .. 'prioritized', P .. 'marker', P .. 'events' }
local out = {}
for i = 4, #ARGV, 3 do
  local id = ARGV[i]
  local job = P .. id
  local now = call('HMGET', job, 'ats', 'processedOn')
  local code
  if not isJob(job) then
    code = -1
  elseif call('EXISTS', job .. ':lock') == 1 then
    code = -2
  elseif (now[1] or '') ~= ARGV[i + 1] or (now[2] or '') ~= ARGV[i + 2] or not call('LPOS', active, id) then
    code = 0
  else
    -- The token 0 leaves out the look at the lock, which has just been taken.
    local result = bullmq(keys, { id, '0', job })
    call('SREM', stalled, id)
    code = result < 0 and result or 1
  end
  out[#out + 1] = code
end
out[#out + 1] = elapsed()
return out
