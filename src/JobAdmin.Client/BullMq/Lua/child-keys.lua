-- Shared by the scripts that tell what parents have noted of their children.
local call = redis.call

-- Some keys of a set or hash: all of a small one, the first of a scan of a large one.
local function some(command, key, wanted)
  local found, cursor = {}, '0'
  repeat
    local answer = call(command, key, cursor, 'COUNT', math.min(wanted, 500))
    cursor = answer[1]
    for i = 1, #answer[2], command == 'HSCAN' and 2 or 1 do
      if #found >= wanted then return found end
      found[#found + 1] = answer[2][i]
    end
  until cursor == '0'
  return found
end

-- Most jobs are nobody's parents: one look tells.
local NONE = cmsgpack.pack(0, 0, 0, 0, 0)

-- Of a job's children, as msgpack: how many are pending, completed, ignored and failed, how many keys follow, then a letter and a key for each.
local function children(job, most)
  if call('EXISTS', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful') == 0 then return NONE end
  local counts = { call('SCARD', job .. ':dependencies'), call('HLEN', job .. ':processed'), call('HLEN', job .. ':failed'), call('ZCARD', job .. ':unsuccessful') }
  local keys = {}
  local function note(letter, list)
    for _, key in ipairs(list) do
      keys[#keys + 1] = cmsgpack.pack(letter, key)
    end
  end
  if counts[4] > 0 and most > 0 then note('f', call('ZRANGE', job .. ':unsuccessful', 0, most - 1)) end
  if counts[1] > 0 and #keys < most then note('p', some('SSCAN', job .. ':dependencies', most - #keys)) end
  if counts[3] > 0 and #keys < most then note('i', some('HSCAN', job .. ':failed', most - #keys)) end
  if counts[2] > 0 and #keys < most then note('c', some('HSCAN', job .. ':processed', most - #keys)) end
  return cmsgpack.pack(counts[1], counts[2], counts[3], counts[4], #keys) .. table.concat(keys)
end
