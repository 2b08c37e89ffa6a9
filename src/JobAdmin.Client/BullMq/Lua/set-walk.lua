-- Shared by the scripts that walk through a sorted set, page by page, by the score and id of the entry that they stopped at.

-- Redis orders equal scores by bytes; Lua's own comparison follows the server's locale.
local function before(a, b)
  local length = math.min(#a, #b)
  for i = 1, length do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- The entries behind the cursor, the index of the first that is new, and whether scores stand between them. They do when asked for, and when they are
-- needed to find the place: they cost Redis more than ids.
local function walk(key, rev, min, max, cursorScore, cursorId, scan, scores)
  local function range(offset, withScores)
    local command = { rev and 'ZREVRANGEBYSCORE' or 'ZRANGEBYSCORE', key, rev and max or min, rev and min or max }
    if withScores then command[#command + 1] = 'WITHSCORES' end
    command[#command + 1] = 'LIMIT'
    command[#command + 1] = offset
    command[#command + 1] = scan
    return call(unpack(command))
  end

  if cursorScore == '' then return range(0, scores), 1, scores end
  if call('ZSCORE', key, cursorId) == cursorScore then
    local rank = call(rev and 'ZREVRANK' or 'ZRANK', key, cursorId)
    local command = { rev and 'ZREVRANGE' or 'ZRANGE', key, rank + 1, rank + scan }
    if scores then command[5] = 'WITHSCORES' end
    return call(unpack(command)), 1, scores
  end
  -- The entry we stopped at has gone: go on behind where it was.
  if rev then max = cursorScore else min = cursorScore end
  local offset = 0
  while true do
    local entries, first = range(offset, true), 1
    while entries[first] and entries[first + 1] == cursorScore and
      (entries[first] == cursorId or (rev and before(cursorId, entries[first])) or (not rev and before(entries[first], cursorId))) do
      first = first + 2
    end
    if first < #entries or #entries < 2 * scan then return entries, first, true end
    offset = offset + scan
  end
end
