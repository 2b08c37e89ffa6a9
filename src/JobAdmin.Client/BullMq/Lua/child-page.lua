-- Keys of one part of a parent with many children. KEYS: the part. ARGV: SSCAN, HSCAN or ZSCAN, cursor. Returns the next cursor and the keys.
local answer = redis.call(ARGV[1], KEYS[1], ARGV[2], 'COUNT', 500)
local keys = {}
for i = 1, #answer[2], ARGV[1] == 'SSCAN' and 1 or 2 do keys[#keys + 1] = answer[2][i] end
return { answer[1], keys }
