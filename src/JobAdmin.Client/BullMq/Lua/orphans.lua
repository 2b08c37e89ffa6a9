-- Which of some ids are in no state though keys of theirs are there. KEYS: meta. ARGV: key prefix, whether the lists are searched too 1/0, ids.
-- Returns msgpack: rows, then for each: id, when it was added or false, how many keys, the keys. Stands behind orphan-parts.lua.
local P, lists = ARGV[1], ARGV[2] == '1'
local out = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  if not inSet(P, id) and redis.call('EXISTS', P .. id .. ':lock') == 0 and not belongsElsewhere(P, id) and not (lists and inList(P, id)) then
    local keys = keysOf(P, id)
    if keys and #keys > 0 then
      local added = keys[1] == P .. id and redis.call('HGET', keys[1], 'timestamp')
      out[#out + 1] = cmsgpack.pack(id, added, #keys, unpack(keys))
    end
  end
end
return cmsgpack.pack(#out) .. table.concat(out)
