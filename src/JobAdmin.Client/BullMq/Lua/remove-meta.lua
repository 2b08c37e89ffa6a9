-- Deletes the queue's own keys, all at once, when no job is in any state. KEYS: meta. ARGV: key prefix, how many of the names are states, the names.
-- Returns 1; 0 when there was a job, and nothing is deleted.
local P, states = ARGV[1], tonumber(ARGV[2])
for i = 3, 2 + states do
  if redis.call('EXISTS', P .. ARGV[i]) == 1 then
    -- BullMQ 4 keeps a marker in its waiting list.
    local first = redis.call('TYPE', P .. ARGV[i]).ok == 'list' and redis.call('LLEN', P .. ARGV[i]) == 1 and redis.call('LINDEX', P .. ARGV[i], 0)
    if not first or string.sub(first, 1, 2) ~= '0:' then return 0 end
  end
end
for i = 3, #ARGV do redis.call('UNLINK', P .. ARGV[i]) end
return 1
