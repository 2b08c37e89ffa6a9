-- Makes or changes a scheduler with BullMQ's own script. KEYS: repeat. ARGV: key prefix, where a paused queue keeps its jobs (paused, ask;
-- new for a queue that has to be made), the library for one that is made, whether one without a count is known for a scheduler (1, 0), then what that script takes.
-- Returns: its answer (or -20 for a repeatable job of old or a scheduler from before 5.36, -21 when no job came of it), whether it was there before.
local P, mode, library, known = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local call = redis.call
local id = ARGV[7]
local before = call('ZSCORE', KEYS[1], id)
if before and not known and call('HEXISTS', KEYS[1] .. ':' .. id, 'ic') == 0 and (call('EXISTS', KEYS[1] .. ':' .. id) == 1 or string.find(id, '^[^:]*:[^:]*:%d*:[^:]*:.')) then
  return { -20, 1 }
end
local wait = P .. 'wait'
if call('HEXISTS', P .. 'meta', 'paused') == 1 and (mode == 'paused' or call('LLEN', P .. 'paused') > 0) then wait = P .. 'paused' end
local arguments = {}
for i = 5, #ARGV do arguments[#arguments + 1] = ARGV[i] end
local made = mode == 'new' and call('EXISTS', P .. 'meta') == 0
local answer = addJobScheduler({ KEYS[1], P .. 'delayed', wait, P .. 'paused', P .. 'meta', P .. 'prioritized', P .. 'marker', P .. 'id', P .. 'events', P .. 'pc', P .. 'active' }, arguments)
if type(answer) == 'table' then
  answer = answer[1]
  if call('EXISTS', P .. answer) == 0 then answer = -21 end
  if made then call('HSETNX', P .. 'meta', 'version', library) end
end
return { answer, before and 1 or 0 }
