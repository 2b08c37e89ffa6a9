-- Deletes keys that no job of a queue stands behind. KEYS: meta. ARGV: key prefix, whether to delete 1/0 (0: only says which), then for each key its
-- name and the id of the job that it may belong to, '' for none (a deduplication key names it itself). A job that is in a state was added meanwhile: its keys are left to the next round.
-- Returns the names. Stands behind orphan-parts.lua.
local P, delete = ARGV[1], ARGV[2] == '1'
local out = {}
for i = 3, #ARGV, 2 do
  local name, id = ARGV[i], ARGV[i + 1]
  if string.sub(name, 1, 3) == 'de:' then id = redis.call('GET', P .. name) or '' end
  if id == '' or not (inSet(P, id) or inList(P, id)) then
    if delete then redis.call('UNLINK', P .. name) end
    out[#out + 1] = name
  end
end
return out
