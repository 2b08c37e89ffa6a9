-- One page of the failed jobs, newest first, summed up by name and reason. KEYS: the set. ARGV: key prefix, lowest score, highest score,
-- cursor score or '', cursor id, entries to scan at most, bytes at most, bytes of a reason that count, filter as JSON or ''.
-- Returns msgpack: scanned, cursor score, cursor id, whether there may be more, rows, and for each name and reason: reason, name, how many,
-- newest score, oldest score, and up to three ids.
local P, min, max = ARGV[1], ARGV[2], ARGV[3]
local cursorScore, cursorId = ARGV[4], ARGV[5]
local scan, limit, longest = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local filter = ARGV[9] ~= '' and cjson.decode(ARGV[9]) or nil
local key = KEYS[1]

local low = tonumber(min)
-- Scores cost Redis more than ids: without a lower bound they are asked for only where a sum begins and ends.
local entries, first, scores = walk(key, true, min, max, cursorScore, cursorId, scan, low ~= nil)
local step = scores and 2 or 1
local names, sums, bytes, scanned = {}, {}, 0, 0
local more = #entries >= step * scan
for i = first, #entries, step do
  local id = entries[i]
  if low and tonumber(entries[i + 1]) < low then more = false break end
  if bytes + examined > limit then more = true break end
  scanned = scanned + 1
  cursorId = id
  if not filter or passes(P, id, filter) then
    local job = P .. id
    local reason, name = call('HGET', job, 'failedReason') or '', call('HGET', job, 'name') or ''
    if #reason > longest then
      bytes = bytes + #reason
      reason = string.sub(reason, 1, longest)
    end
    local reasons = names[name]
    if not reasons then
      reasons = {}
      names[name] = reasons
    end
    local sum = reasons[reason]
    if sum then
      local count = sum[3] + 1
      sum[3] = count
      sum[5] = id
      if count <= 3 then sum[5 + count] = id end
    elseif reason ~= '' or name ~= '' or call('EXISTS', job) == 1 then
      sum = { reason, name, 1, id, id, id }
      reasons[reason] = sum
      sums[#sums + 1] = sum
      bytes = bytes + #reason + #name
    end
  end
end
if scanned > 0 then cursorScore = call('ZSCORE', key, cursorId) end
for i, sum in ipairs(sums) do
  local newest = call('ZSCORE', key, sum[4])
  sums[i] = cmsgpack.pack(sum[1], sum[2], sum[3], newest, sum[3] > 1 and call('ZSCORE', key, sum[5]) or newest, sum[6], sum[7] or '', sum[8] or '')
end
return cmsgpack.pack(scanned, cursorScore, cursorId, more and 1 or 0, #sums) .. table.concat(sums)
