-- Sets the wake-up mark as BullMQ's own scripts would. KEYS: meta. ARGV: key prefix. Returns whether anything changed.
local rcall = redis.call
--- @include? "isQueuePausedOrMaxed"
--- @include? "addBaseMarkerIfNeeded"
--- @include? "addDelayMarkerIfNeeded"

local P = ARGV[1]
local marker = P .. 'marker'
local before = rcall('ZRANGE', marker, 0, -1, 'WITHSCORES')
if rcall('HEXISTS', KEYS[1], 'paused') == 1 then
  rcall('DEL', marker)
else
  if rcall('LLEN', P .. 'wait') > 0 or rcall('ZCARD', P .. 'prioritized') > 0 then
    addBaseMarkerIfNeeded(marker, isQueuePausedOrMaxed(KEYS[1], P .. 'active'))
  end
  if rcall('ZCARD', P .. 'delayed') > 0 then addDelayMarkerIfNeeded(marker, P .. 'delayed') else rcall('ZREM', marker, '1') end
end
local after = rcall('ZRANGE', marker, 0, -1, 'WITHSCORES')
return table.concat(before, ' ') ~= table.concat(after, ' ') and 1 or 0
