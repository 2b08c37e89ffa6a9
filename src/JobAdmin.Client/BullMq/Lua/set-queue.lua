-- Changes a queue's settings as BullMQ's own calls do. KEYS: meta. ARGV: key prefix, then pairs: a field of meta and its value ('' to take it
-- away), or `limiter` and '' to let go a rate limit. Returns nothing.
local P = ARGV[1]
local call = redis.call
for i = 2, #ARGV, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  if name == 'limiter' then call('DEL', P .. 'limiter')
  elseif value == '' then call('HDEL', KEYS[1], name)
  else
    call('HSET', KEYS[1], name, value)
    if name == 'opts.maxLenEvents' then call('XTRIM', P .. 'events', 'MAXLEN', '~', value) end
  end
end
