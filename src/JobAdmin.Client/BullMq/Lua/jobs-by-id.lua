-- Jobs by id. KEYS: meta. ARGV: key prefix, the state all are known to be in or '', bytes at most, parts, filter as JSON or '', ids.
-- Returns msgpack: ids looked at, rows, then the rows. Looks at fewer ids than given when it has become much.
local P, known, limit, parts = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local filter = ARGV[5] ~= '' and cjson.decode(ARGV[5]) or nil
local sets = { 'completed', 'failed', 'delayed', 'prioritized', 'waiting-children' }
local steps = 0

local function inList(list, id)
  local length = call('LLEN', P .. list)
  if length == 0 then return false end
  steps = steps + length
  return call('LPOS', P .. list, id) ~= false
end

local function stateOf(id)
  for _, set in ipairs(sets) do
    local score = call('ZSCORE', P .. set, id)
    if score then return set, score end
  end
  if call('EXISTS', P .. id .. ':lock') == 1 then return 'active', false end
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    if inList(list, id) then return list, false end
  end
  return 'unknown', false
end

local out, rows, looked, bytes = {}, 0, 0, 0
for i = 6, #ARGV do
  if looked > 0 and (bytes + examined > limit or steps > 1000000) then break end
  local id = ARGV[i]
  looked = looked + 1
  if (known ~= '' or isThere(P .. id)) and passes(P, id, filter) then
    local state, score = known, false
    if known == '' then state, score = stateOf(id) end
    local row = readJob(P, id, score, state, parts)
    if row then
      rows = rows + 1
      out[rows] = row
      bytes = bytes + #row
    end
  end
end
return cmsgpack.pack(looked, rows) .. table.concat(out)
