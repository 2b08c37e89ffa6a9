-- Delayed jobs of a queue through BullMQ's moveJobsToWait, which looks at none of them. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, how many at the most.
-- Returns how many it moved, then the microseconds it took.
local P, major, certain, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local wait, delayed = P .. 'wait', P .. 'delayed'
if major == '6' and call('HEXISTS', KEYS[1], 'paused') == 1 and (certain == '0' or call('LLEN', P .. 'paused') > 0) then
  wait = P .. 'paused'
end
local before = call('ZCARD', delayed)
-- BullMQ means all of them by the largest number that JavaScript has.
bullmq({ P, P .. 'events', delayed, wait, P .. 'paused', KEYS[1], P .. 'active', P .. 'marker' }, { most, '1.7976931348623157e+308', 'delayed' })
return { before - call('ZCARD', delayed), elapsed() }
