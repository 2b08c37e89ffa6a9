-- What parents have noted of their children. KEYS: meta. ARGV: key prefix, keys of children to give at the most for each parent, ids.
-- Returns msgpack, for each id what child-keys.lua, which stands before this, tells.
local P, most = ARGV[1], tonumber(ARGV[2])
local out = {}
for i = 3, #ARGV do out[#out + 1] = children(P .. ARGV[i], most) end
return table.concat(out)
