-- Adds jobs with BullMQ's own scripts, whole flows at once. KEYS: meta. ARGV: BullMQ's major, now in milliseconds, the library for a queue that is made,
-- then for each job eight: the number of the tree it belongs to, kind (standard, delayed, prioritized, parent), key prefix, where a paused queue keeps its
-- jobs (paused, or ask; new for a queue that has to be made with its settings), its id or '', msgpack arguments, data, msgpack options.
-- Returns three for each tree: 1 added, 0 there already, 2 refused; the root's id or what Redis said; a child that was refused, with the code, or ''.
local major, now, library = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call
local out = {}

local function add(kind, P, mode, args, data, opts)
  local function keys(...)
    local names = { ... }
    for i = 1, #names do names[i] = P .. names[i] end
    return names
  end
  if kind == 'delayed' then
    return addDelayedJob(keys('marker', 'meta', 'id', 'delayed', 'completed', 'events'), { args, data, opts })
  elseif kind == 'prioritized' then
    return addPrioritizedJob(keys('marker', 'meta', 'id', 'prioritized', 'delayed', 'completed', 'active', 'events', 'pc'), { args, data, opts })
  elseif kind == 'parent' then
    return addParentJob(keys('meta', 'id', 'delayed', 'waiting-children', 'completed', 'events'), { args, data, opts })
  end
  local names = keys('wait', 'paused', 'meta', 'id', 'completed', 'delayed', 'active', 'events', 'marker')
  names[1] = waitingList(P, mode == 'paused')
  return addStandardJob(names, { args, data, opts })
end

local tree, parents = '', {}
local function endTree()
  -- BullMQ 5 has no such script: its parents are released by their last child.
  if major == '6' then
    for _, parent in ipairs(parents) do
      local key = parent[1] .. parent[2]
      releaseParentIfNoPendingDependencies({ key, key .. ':dependencies' }, { string.sub(parent[1], 1, -2), parent[2], now })
    end
  end
  parents = {}
end

for i = 4, #ARGV, 8 do
  local kind, P, id = ARGV[i + 1], ARGV[i + 2], ARGV[i + 4]
  local root = ARGV[i] ~= tree
  if root then
    endTree()
    tree = ARGV[i]
  end
  local made = ARGV[i + 3] == 'new' and call('EXISTS', P .. 'meta') == 0
  local before = id ~= '' and call('EXISTS', P .. id) == 1
  local ok, result = pcall(add, kind, P, ARGV[i + 3], ARGV[i + 5], ARGV[i + 6], ARGV[i + 7])
  local status, text
  if not ok then
    status, text = 2, codeOf(ok, result)
  elseif type(result) == 'number' and result < 0 then
    status, text = 2, tostring(result)
  else
    text = tostring(result)
    -- As the library's own Queue would have said it: it tells which layout this is.
    if made then call('HSETNX', P .. 'meta', 'version', library) end
    status = not before and text == (id ~= '' and id or call('GET', P .. 'id')) and 1 or 0
  end
  if kind == 'parent' then parents[#parents + 1] = { P, id } end
  if root then
    out[#out + 1] = status
    out[#out + 1] = text
    out[#out + 1] = ''
  elseif status == 2 and out[#out] == '' then
    out[#out] = id .. ' ' .. text
  end
end
endTree()
return out
