-- Makes or changes a scheduler with BullMQ's own script. KEYS: repeat. ARGV: key prefix, where a paused queue keeps its jobs (paused, ask;
-- new for a queue that has to be made), the library for one that is made, whether one without a count is known for a scheduler (1, 0),
-- whether workers reckon the next run of an interval from what the job of the last one says (1, 0: from 5.19 to 5.58.7), then what that script takes.
-- Returns: its answer (or -20 for a repeatable job of old or a scheduler from before 5.36, -21 when no job came of it), whether it was there before.
local P, mode, library, known, reckoned = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5] == '1'
local call = redis.call
local id, rule = ARGV[8], cmsgpack.unpack(ARGV[7])
local before = call('ZSCORE', KEYS[1], id)
if before and not known and call('HEXISTS', KEYS[1] .. ':' .. id, 'ic') == 0 and (call('EXISTS', KEYS[1] .. ':' .. id) == 1 or string.find(id, '^[^:]*:[^:]*:%d*:[^:]*:.')) then
  return { -20, 1 }
end
local wait = waitingList(P, mode == 'paused')
local arguments = {}
for i = 6, #ARGV do arguments[#arguments + 1] = ARGV[i] end
if reckoned and before and rule.every and not rule.offset and tonumber(call('HGET', KEYS[1] .. ':' .. id, 'every') or 0) == rule.every then
  -- Since 5.31 a job is named by the beginning of its interval, and due some time after that. BullMQ's script, which is a later one, takes the one for the other.
  local old = 'repeat:' .. id .. ':' .. before
  local due = call('ZSCORE', P .. 'delayed', old)
  local run = due and math.floor(due / 4096)
  local new = run and string.format('repeat:%s:%.0f', id, run)
  if run and run > tonumber(before) and call('HEXISTS', P .. old, 'ats') == 0 and call('EXISTS', P .. new) == 0 then
    call('RENAME', P .. old, P .. new)
    call('ZREM', P .. 'delayed', old)
    call('ZADD', P .. 'delayed', due, new)
    call('ZADD', KEYS[1], run, id)
    call('HSET', KEYS[1] .. ':' .. id, 'offset', string.format('%.0f', run % rule.every))
  end
end
local made = mode == 'new' and call('EXISTS', P .. 'meta') == 0
local answer = addJobScheduler({ KEYS[1], P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'marker', P .. 'id', P .. 'events', P .. 'pc', P .. 'active' }, arguments)
if type(answer) == 'table' then
  answer = answer[1]
  if call('EXISTS', P .. answer) == 0 then answer = -21 end
  if made then call('HSETNX', P .. 'meta', 'version', library) end
  if reckoned and rule.every and answer ~= -21 then
    -- Without these the run would come twice, or be the last.
    local run = tonumber(string.match(answer, '%d+$'))
    local opts = cjson.decode(call('HGET', P .. answer, 'opts'))
    opts.prevMillis, opts['repeat'].offset = run, run % rule.every
    call('HSET', P .. answer, 'opts', cjson.encode(opts))
  end
end
return { answer, before and 1 or 0 }
