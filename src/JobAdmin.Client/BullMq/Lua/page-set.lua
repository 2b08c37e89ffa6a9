-- One page of a state that is a sorted set. KEYS: the set. ARGV: key prefix, state, newest first 1/0, lowest score, highest score,
-- cursor score or '', cursor id, entries to scan at most, matches wanted at most, bytes at most, parts, filter as JSON or '', ids only 1/0.
-- Returns msgpack: scanned, cursor score, cursor id, whether there may be more, matches, then the rows.
local P, state, rev, min, max = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5]
local cursorScore, cursorId = ARGV[6], ARGV[7]
local scan, want, limit, parts = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local filter = ARGV[12] ~= '' and cjson.decode(ARGV[12]) or nil
local idsOnly = ARGV[13] == '1'
local key = KEYS[1]

local bounded = min ~= '-inf' or max ~= '+inf'
local low, high = tonumber(ARGV[4]), tonumber(ARGV[5])
local function outside(number) return low and number < low or high and number > high end

-- Scores cost Redis more than ids: they are asked for only where they are looked at. Of ids alone, the last one's says whether all are within the bounds.
local plain = idsOnly and not filter
local entries, first, scores
if plain then
  entries, first, scores = walk(key, rev, min, max, cursorScore, cursorId, scan, false)
end
if not plain or bounded and not scores and #entries > 0 and outside(tonumber(call('ZSCORE', key, entries[#entries]))) then
  entries, first, scores = walk(key, rev, min, max, cursorScore, cursorId, scan, bounded or state == 'delayed')
end

local out, matches, scanned, bytes = {}, 0, 0, 0
local step = scores and 2 or 1
local more = #entries >= step * scan
local last = #entries
if plain and not scores then
  -- Ids alone are packed in one go.
  matches = math.min(last - first + 1, want)
  scanned, more = matches, more or last - first + 1 > want
  for from = first, first + matches - 1, 4000 do
    out[#out + 1] = cmsgpack.pack(unpack(entries, from, math.min(from + 3999, first + matches - 1)))
  end
  cursorId = entries[first + matches - 1]
  last = 0
end
for i = first, last, step do
  local id, score = entries[i], scores and entries[i + 1] or false
  local number = score and tonumber(score)
  if number and outside(number) then more = false break end
  if matches >= want or bytes + examined > limit then more = true break end
  scanned = scanned + 1
  cursorScore, cursorId = score, id
  if passes(P, id, filter) then
    local row = idsOnly and cmsgpack.pack(id) or readJob(P, id, score, state, parts)
    if row then
      matches = matches + 1
      out[matches] = row
      bytes = bytes + #row
    end
  end
end
if scanned > 0 then cursorScore = call('ZSCORE', key, cursorId) end
return cmsgpack.pack(scanned, cursorScore, cursorId, more and 1 or 0, matches) .. table.concat(out)
