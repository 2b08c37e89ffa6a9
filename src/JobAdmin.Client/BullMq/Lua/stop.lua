-- Defers a failure: the next worker that takes the job records it as failed with this reason, without running it. Delayed jobs are
-- promoted so that this happens now. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, reason, ids.
-- Codes: 1 stopped, 2 runs and can't be interrupted, -1 no such job, -3 has finished.
local P, major, certain, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local wait = major == '6' and waitingList(P, certain == '0') or P .. 'wait'
local keys = { P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'active', P .. 'pc', P .. 'events', P .. 'marker' }
for i = 5, #ARGV do
  if i % 8 == 0 and isLate() then break end
  local id = ARGV[i]
  local job = P .. id
  local there, wrong = isJob(job)
  local state, code = there and stateOf(P, id) or '', nil
  if not there then
    code = wrong or -1
  elseif state == 'completed' or state == 'failed' then
    code = -3
  else
    local scheduler = call('HGET', job, 'rjk')
    local next = scheduler and call('ZSCORE', P .. 'repeat', scheduler)
    if state == 'delayed' and next and string.sub(id, -#next - 1) == ':' .. next then
      -- The next run of a scheduler carries the chain of runs: the scheduler is what has to be changed. An earlier one that waits for its retry does not.
      code = -8
    else
      call('HSET', job, 'defa', reason)
      code = state == 'active' and 2 or 1
      if state == 'delayed' then
        local ok, result = pcall(bullmq, keys, { P, id })
        if not ok then code = codeOf(ok, result) end
      end
    end
  end
  tell(code, state)
end
outcomes[told + 1] = elapsed()
return outcomes
