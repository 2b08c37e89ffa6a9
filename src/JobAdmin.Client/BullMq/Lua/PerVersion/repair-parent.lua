-- Has a parent wait no longer for children that are gone, and counts those that have completed; one slice of its children. The last slice lets the
-- parent go when it waits for no others. KEYS: waiting-children. ARGV: key prefix, now in milliseconds, id, cursor, children to look at.
-- Stands behind waiting-list.lua. Returns: the cursor to go on with ('0' at the end), children it does not wait for any more, children left, whether it was let go.
local rcall = toParents(redis.call)
--- @include? "moveParentToWaitIfNeeded"

local P, now, id, cursor, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local job = P .. id
local key = job .. ':dependencies'
if rcall('EXISTS', job) == 0 or not rcall('ZSCORE', KEYS[1], id) then return { '0', 0, 0, 0 } end
local answer = rcall('SSCAN', key, cursor, 'COUNT', count)
local freed = 0
for _, child in ipairs(answer[2]) do
  local values = redis.pcall('HMGET', child, 'name', 'timestamp', 'data', 'finishedOn', 'returnvalue', 'failedReason')
  if not values.err and rcall('EXISTS', child .. ':lock') == 0 then
    if not values[1] and not values[2] and not values[3] then
      freed = freed + rcall('SREM', key, child)
    elseif values[4] and values[5] and not values[6] then
      rcall('HSET', job .. ':processed', child, values[5])
      freed = freed + rcall('SREM', key, child)
    end
  end
end
local left, released = rcall('SCARD', key), 0
if answer[1] == '0' and left == 0 then
  moveParentToWaitIfNeeded(string.sub(P, 1, -2), job, id, now)
  released = 1
end
return { answer[1], freed, left, released }
