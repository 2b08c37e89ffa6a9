-- What says whether the wake-up mark is right. KEYS: meta. ARGV: key prefix.
-- Returns: paused 1/0, as many active as may be 1/0, jobs that wait, due time of the first delayed job or '', score of member 0 and of member 1 or '',
-- how long a rate limit holds, id of the last event.
local P = ARGV[1]
local call = redis.call
local meta = call('HMGET', KEYS[1], 'paused', 'concurrency')
local maxed = meta[2] and call('LLEN', P .. 'active') >= tonumber(meta[2])
local delayed = call('ZRANGE', P .. 'delayed', 0, 0, 'WITHSCORES')
local last = call('XREVRANGE', P .. 'events', '+', '-', 'COUNT', 1)[1]
return { meta[1] and 1 or 0, maxed and 1 or 0, call('LLEN', P .. 'wait') + call('ZCARD', P .. 'prioritized'),
  delayed[2] and string.format('%.0f', math.floor(tonumber(delayed[2]) / 4096)) or '', call('ZSCORE', P .. 'marker', '0') or '',
  call('ZSCORE', P .. 'marker', '1') or '', call('PTTL', P .. 'limiter'), last and last[1] or '' }
