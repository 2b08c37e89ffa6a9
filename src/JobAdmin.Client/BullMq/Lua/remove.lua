-- Many ids through BullMQ's removeJob. KEYS: meta. ARGV: key prefix, BullMQ's major, remove children 1/0, whether each id comes with the
-- state in which it was written to a backup, or '' where it was not, 1/0, ids.
-- Returns what outcomes.lua tells, the state only where that is a sorted set; then the microseconds it took,
-- and the keys of children that went along with parents.
local P, major, children, kept = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local states, keys = { 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }, {}
for i, state in ipairs(states) do
  keys[i] = P .. state
  bareScores[keys[i]] = false
end
local major4 = major == '4'
local sinceLook = 0
-- Such a job is not missing when its turn comes.
local along = {}
for i = 5, #ARGV, kept and 2 or 1 do
  -- Whoever has children, or stands in a list, can take long.
  if sinceLook >= 8 or (sinceLook > 0 and not bareId) then
    if isLate() then break end
    sinceLook = 0
  end
  sinceLook = sinceLook + 1
  local id = ARGV[i]
  job, bareId = P .. id, nil
  local state, score = '', nil
  for at = 1, 5 do
    score = serverCall('ZSCORE', keys[at], id)
    if score then
      state = states[at]
      -- Jobs that come together are mostly of one state.
      states[at], keys[at], states[1], keys[1] = states[1], keys[1], states[at], keys[at]
      break
    end
  end
  local code
  local there, wrong = state ~= '', nil
  if not there then there, wrong = isJob(job) end
  if not there then
    code = wrong or (along[job] and 1 or -1)
  elseif kept and (ARGV[i + 1] == '' or (state == 'completed' or state == 'failed') and state ~= ARGV[i + 1]) then
    code = -21
  else
    -- Where that is no hash, nothing of it is known.
    local fields = serverPcall('HMGET', job, 'rjk', 'parentKey', 'deid')
    jobFields.rjk, jobFields.parentKey, jobFields.deid = fields[1], fields[2], fields[3]
    if state ~= '' then
      bareParts, bareLock = job .. ':', job .. ':lock'
      if serverCall('EXISTS', bareLock, bareParts .. 'dependencies', bareParts .. 'processed', bareParts .. 'failed', bareParts .. 'unsuccessful') == 0 then
        bareId, bareScores[keys[1]] = id, score
      end
    end
    if children == '1' and not bareId then tape = {} end
    if major4 then
      code = codeOf(pcall(bullmq, { P }, { id, children }))
    else
      code = codeOf(pcall(bullmq, { job, P .. 'repeat' }, { id, children, P }))
    end
    if bareId then bareScores[keys[1]] = false end
    for _, asked in ipairs(tape or {}) do
      if asked[1] == 'DEL' and asked[2] ~= job then along[asked[2]] = true end
    end
    tape = nil
  end
  tell(code, state)
end
local gone = {}
for key in pairs(along) do gone[#gone + 1] = key end
outcomes[told + 1], outcomes[told + 2] = elapsed(), gone
return outcomes
