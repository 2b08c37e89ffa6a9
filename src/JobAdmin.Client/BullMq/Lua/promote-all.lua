-- Delayed jobs of a queue through BullMQ's moveJobsToWait, which looks at none of them. KEYS: meta. ARGV: key prefix, BullMQ's major, certain 1/0, how many at the most.
-- Returns how many it moved, then the microseconds it took.
local P, major, certain, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local wait, delayed = major == '6' and waitingList(P, certain == '0') or P .. 'wait', P .. 'delayed'
local before = call('ZCARD', delayed)
-- BullMQ means all of them by the largest number that JavaScript has.
bullmq({ P, P .. 'events', delayed, wait, P .. 'paused', KEYS[1], P .. 'active', P .. 'marker' }, { most, '1.7976931348623157e+308', 'delayed' })
return { before - call('ZCARD', delayed), elapsed() }
