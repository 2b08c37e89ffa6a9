-- What is shown of a queue, whatever its length. KEYS: meta. ARGV: key prefix.
local P = ARGV[1]
local call = redis.call
local meta = call('HMGET', KEYS[1], 'version', 'paused', 'concurrency', 'max', 'duration')
local function list(word)
  -- BullMQ 4 keeps a pseudo id at either end of the waiting list.
  local length = call('LLEN', P .. word)
  if length > 0 and (not meta[1] or string.find(meta[1], 'bullmq:4', 1, true)) then
    for _, at in ipairs(length == 1 and { 0 } or { 0, -1 }) do
      local id = call('LINDEX', P .. word, at)
      if id and string.sub(id, 1, 2) == '0:' then length = length - 1 end
    end
  end
  return length
end
local function added(id)
  return id and call('HGET', P .. id, 'timestamp') or false
end
local oldest = added(call('LINDEX', P .. 'wait', -1) or call('LINDEX', P .. 'paused', -1))
local prioritized = added(call('ZRANGE', P .. 'prioritized', 0, 0)[1])
local last = call('XREVRANGE', P .. 'events', '+', '-', 'COUNT', 1)[1]
return { meta[1], meta[2] and 1 or 0, meta[3], meta[4], meta[5], list('wait'), call('LLEN', P .. 'active'), list('paused'),
  call('ZCARD', P .. 'prioritized'), call('ZCARD', P .. 'delayed'), call('ZCARD', P .. 'waiting-children'), call('ZCARD', P .. 'completed'),
  call('ZCARD', P .. 'failed'), oldest, prioritized, last and last[1] or false, call('PTTL', P .. 'limiter'), call('GET', P .. 'limiter'),
  call('EXISTS', KEYS[1]), call('EXISTS', P .. 'id'), (call('EXISTS', P .. 'groups') == 1) and 1 or 0 }
