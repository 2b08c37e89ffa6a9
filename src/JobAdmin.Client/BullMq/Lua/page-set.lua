-- One page of a state that is a sorted set. KEYS: the set. ARGV: key prefix, state, newest first 1/0, lowest score, highest score,
-- cursor score or '', cursor id, entries to scan at most, matches wanted at most, bytes at most, parts, filter as JSON or '', ids only 1/0.
-- Returns msgpack: scanned, cursor score, cursor id, whether there may be more, matches, then the rows.
local P, state, rev, min, max = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5]
local cursorScore, cursorId = ARGV[6], ARGV[7]
local scan, want, limit, parts = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local filter = ARGV[12] ~= '' and cjson.decode(ARGV[12]) or nil
local idsOnly = ARGV[13] == '1'
local key = KEYS[1]

-- Redis orders equal scores by bytes; Lua's own comparison follows the server's locale.
local function before(a, b)
  local length = math.min(#a, #b)
  for i = 1, length do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function range(offset)
  if rev then return call('ZREVRANGEBYSCORE', key, max, min, 'WITHSCORES', 'LIMIT', offset, scan) end
  return call('ZRANGEBYSCORE', key, min, max, 'WITHSCORES', 'LIMIT', offset, scan)
end

local entries, first = nil, 1
if cursorScore ~= '' then
  if call('ZSCORE', key, cursorId) == cursorScore then
    local rank = call(rev and 'ZREVRANK' or 'ZRANK', key, cursorId)
    entries = call(rev and 'ZREVRANGE' or 'ZRANGE', key, rank + 1, rank + scan, 'WITHSCORES')
  else
    -- The entry we stopped at has gone: go on behind where it was.
    if rev then max = cursorScore else min = cursorScore end
    local offset = 0
    while true do
      entries = range(offset)
      first = 1
      while entries[first] and entries[first + 1] == cursorScore and
        (entries[first] == cursorId or (rev and before(cursorId, entries[first])) or (not rev and before(entries[first], cursorId))) do
        first = first + 2
      end
      if first < #entries or #entries < 2 * scan then break end
      offset = offset + scan
    end
  end
else
  entries = range(0)
end

local low, high = tonumber(ARGV[4]), tonumber(ARGV[5])
local out, matches, scanned, bytes = {}, 0, 0, 0
local more = #entries >= 2 * scan
for i = first, #entries, 2 do
  local id, score = entries[i], entries[i + 1]
  local number = tonumber(score)
  if (low and number < low) or (high and number > high) then more = false break end
  if matches >= want or bytes > limit then more = true break end
  scanned = scanned + 1
  cursorScore, cursorId = score, id
  if passes(P, id, filter) then
    if idsOnly then
      out[#out + 1] = id
      matches = matches + 1
    else
      local size = readJob(P, id, score, state, parts, out)
      if size then
        matches = matches + 1
        bytes = bytes + size
      end
    end
  end
end
local head = cmsgpack.pack(scanned, cursorScore, cursorId, more and 1 or 0, matches)
return head .. cmsgpack.pack(out)
