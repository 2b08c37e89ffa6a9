-- What became of each id, told in their order: a code or an error text, and the state it was in, '' where that is not known. Neighbours that are alike share an
-- entry: code, state, how many.
local outcomes, told = {}, 0
local function tell(code, state)
  if told > 0 and outcomes[told - 2] == code and outcomes[told - 1] == state then
    outcomes[told] = outcomes[told] + 1
  else
    outcomes[told + 1], outcomes[told + 2], outcomes[told + 3] = code, state, 1
    told = told + 3
  end
end

-- The code of a function that ran under pcall, or the text of its error.
local function codeOf(ok, result)
  if ok then return result end
  return type(result) == 'table' and result.err or tostring(result)
end

-- The state of a job that is there: the word of its set or 'active', and else 'wait'. A job whose worker is gone has no lock, and stands among the active ones
-- until BullMQ finds it stalled; these are read once a call, the newest 10,000.
local running
local function stateOf(P, id)
  for _, set in ipairs({ 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }) do
    if redis.call('ZSCORE', P .. set, id) then return set end
  end
  if redis.call('EXISTS', P .. id .. ':lock') == 1 then return 'active' end
  if not running then
    running = {}
    for _, other in ipairs(redis.call('LRANGE', P .. 'active', 0, 9999)) do running[other] = true end
  end
  return running[id] and 'active' or 'wait'
end
