-- Schedulers with the jobs of their next runs. KEYS: repeat. ARGV: key prefix, rank to begin at, how many; then ids, which go before the ranks.
-- Returns msgpack: how many, then for each: id, next run, state of its job ('' when it is gone), how often it has run by that job, the fields,
-- and of that job: its data where the fields have no count, its options where they have no limit, since before BullMQ 5.36 it alone has all that was set, and
-- before 5.39 the limit; and when it is due, which before 5.58.8 is later than the run that it is named by.
local P = ARGV[1]
local call = redis.call
local FIELDS = { 'name', 'ic', 'every', 'pattern', 'tz', 'limit', 'startDate', 'endDate', 'offset', 'data', 'opts', 'key' }
local found = {}
if #ARGV > 3 then
  for i = 4, #ARGV do
    local score = call('ZSCORE', KEYS[1], ARGV[i])
    if score then
      found[#found + 1] = ARGV[i]
      found[#found + 1] = score
    end
  end
else
  found = call('ZRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1, 'WITHSCORES')
end

local function stateOf(id)
  for _, set in ipairs({ 'delayed', 'prioritized', 'completed', 'failed', 'waiting-children' }) do
    if call('ZSCORE', P .. set, id) then return set end
  end
  if call('EXISTS', P .. id .. ':lock') == 1 then return 'active' end
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    if call('LPOS', P .. list, id) then return list end
  end
  return ''
end

local out = { cmsgpack.pack(#found / 2) }
for i = 1, #found, 2 do
  local id, score = found[i], found[i + 1]
  local job = 'repeat:' .. id .. ':' .. score
  local of = call('HMGET', P .. job, 'opts', 'data')
  local opts = of[1]
  local state = opts and stateOf(job) or ''
  local values = call('HMGET', KEYS[1] .. ':' .. id, unpack(FIELDS))
  local bare = not values[2]
  values[#FIELDS + 1] = bare and of[2]
  values[#FIELDS + 2] = (bare or not values[6]) and opts
  -- One that has run waits for its retry.
  local due = state == 'delayed' and call('HEXISTS', P .. job, 'ats') == 0 and call('ZSCORE', P .. 'delayed', job)
  values[#FIELDS + 3] = due and string.format('%.0f', math.floor(due / 4096))
  out[#out + 1] = cmsgpack.pack(id, score, state, opts and string.match(opts, '"count":(%d+)') or false, unpack(values, 1, #FIELDS + 3))
end
return table.concat(out)
