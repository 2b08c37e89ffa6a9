-- What tells a queue's layout. KEYS: meta. ARGV: key prefix.
local P = ARGV[1]
local call = redis.call
local meta = call('HMGET', KEYS[1], 'version', 'paused')
local exists = call('EXISTS', KEYS[1])
local classic = 0
if exists == 0 then
  classic = (call('EXISTS', P .. 'id') == 1 or call('EXISTS', P .. 'wait') == 1 or call('EXISTS', P .. 'meta-paused') == 1) and 1 or 0
  -- A queue that was obliterated under an application that goes on has no meta. Classic Bull has no stream of events.
  if classic == 1 and call('TYPE', P .. 'events').ok == 'stream' then exists, classic = 1, 0 end
end
local groups = (call('EXISTS', P .. 'groups') == 1 or call('EXISTS', P .. 'groups:active:count') == 1) and 1 or 0
local oldMarker = 0
local field = false
if not meta[1] then
  for _, at in ipairs({0, -1}) do
    local id = call('LINDEX', P .. 'wait', at)
    if id and string.sub(id, 1, 2) == '0:' then oldMarker = 1 end
  end
  for _, state in ipairs({'completed', 'failed'}) do
    local id = call('ZRANGE', P .. state, -1, -1)[1]
    if id and not field then
      local fields = call('HMGET', P .. id, 'atm', 'attemptsMade')
      field = fields[1] and 'atm' or (fields[2] and 'attemptsMade') or false
    end
  end
end
return { exists, meta[1], meta[2] and 1 or 0, classic, groups, call('LLEN', P .. 'wait'), call('LLEN', P .. 'paused'), oldMarker, field }
