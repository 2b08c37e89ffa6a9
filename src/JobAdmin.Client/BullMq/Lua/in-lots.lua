-- Stands behind one of BullMQ's functions, for changes of many jobs of which most are alike. What the function does to the first plain job of a call is written
-- down. If that is taking the id out of a set, one write to the job, a push to a list and an event, the next plain jobs get the same from here: a write and an event
-- each, taken out and pushed together. All others go through the function, in their turn, and find what stands before them done.
-- way: state() - the word of the state that jobs are probably in; fields - what has to be read of a job; plain(row, at, id) - whether the function would do to
-- it what it does to any other plain one, its fields standing in row behind at; one(id, row, at) - runs the function and returns a code and a state, row being
-- nil where the key is no job's; done - the code of a job that was changed. Looks at the ids from ARGV[start] on, as far as there is time.
local function inLots(start, way)
  local P, ids, total = ARGV[1], ARGV, #ARGV
  local width = #way.fields
  local plans, tries = {}, 0
  local state, set, plan, rows
  local pending, waiting = {}, 0

  -- SORT gives the fields of neighbours in a set in one go. It wants a user who may read all keys, and no cluster; asked in vain it would count as an error.
  local may = redis.acl_check_cmd
  local known, sorts = pcall(may, 'SORT', P)
  sorts = known and sorts and may('HGET', '', 'x') and not string.find(P, '[*{]')

  -- Where ids stand side by side in the set: for each of them its id and its fields.
  local function neighbours(from, to)
    local first, last = serverCall('ZRANK', set, ids[from]), serverCall('ZRANK', set, ids[to])
    if not first or not last or math.abs(last - first) ~= to - from then return nil end
    local falling = last < first
    local offset = falling and serverCall('ZCARD', set) - 1 - first or first
    local command = { 'SORT', set, falling and 'DESC' or 'ASC', 'BY', 'nosort', 'LIMIT', offset, to - from + 1, 'GET', '#' }
    for _, field in ipairs(way.fields) do
      command[#command + 1] = 'GET'
      command[#command + 1] = P .. '*->' .. field
    end
    local found = serverPcall(unpack(command))
    sorts = not found.err
    return sorts and found or nil
  end

  -- What to do to the next plain job, from what was done to this one; nil where that can't be told.
  local function understand(done, id)
    local key, taken, learnt = P .. id, false, {}
    for _, did in ipairs(done) do
      local command, at, place, places = did[1], did[2], nil, 0
      for i = 3, #did do
        if did[i] == id then place, places = i, places + 1 end
      end
      if command == 'ZREM' and at == set and #did == 3 and places == 1 then
        taken = true
      elseif (command == 'LPUSH' or command == 'RPUSH') and #did == 3 and places == 1 and not learnt.push then
        learnt.push, learnt.list = command, at
      elseif (command == 'HDEL' or command == 'HSET') and at == key and places == 0 and not learnt.write then
        learnt.write = did
      elseif command == 'XADD' and places == 1 and not learnt.event then
        learnt.event, learnt.place = did, place
      elseif command ~= 'LINDEX' and command ~= 'LLEN' and not (command == 'ZADD' and at == P .. 'marker') then
        -- Lists are looked at for how many run, and for old marks, which do not come back within a call; workers are woken once.
        return nil
      end
    end
    return taken and learnt.push and learnt.write and learnt.event and learnt or nil
  end

  local function settle()
    if waiting == 0 then return end
    if rows then serverCall('ZREM', set, unpack(pending, 1, waiting)) end
    serverCall(plan.push, plan.list, unpack(pending, 1, waiting))
    waiting = 0
  end

  local function read(id)
    local row = serverPcall('HMGET', P .. id, unpack(way.fields))
    if not row.err then return row, 0 end
    return nil, 0, string.sub(row.err, 1, 9) ~= 'WRONGTYPE' and row.err
  end

  local function change(id, row, at)
    local plain = row and way.plain(row, at, id)
    if plain and plan and (rows or serverCall('ZREM', set, id) == 1) then
      local write, event = plan.write, plan.event
      write[2], event[plan.place] = P .. id, id
      local written, said = serverPcall(unpack(write)), serverPcall(unpack(event))
      waiting = waiting + 1
      pending[waiting] = id
      local wrong = type(written) == 'table' and written.err or type(said) == 'table' and said.err
      return wrong or way.done, state
    end
    settle()
    if not row then
      local denied
      row, at, denied = read(id)
      if denied then return denied, '' end
    end
    local learns = plain and not plan and tries < 3
    tape = learns and {} or nil
    local code, was = way.one(id, row, at)
    if learns then
      plan = code == way.done and was == state and understand(tape, id) or nil
      plans[state], tape, tries = plan, nil, tries + 1
    end
    return code, was
  end

  for from = start, total, 100 do
    local to = math.min(from + 99, total)
    state = way.state()
    set, plan = P .. state, plans[state]
    rows = sorts and to - from > 8 and neighbours(from, to)
    for i = from, to do
      if i % 8 == 0 and told > 0 and isLate() then
        settle()
        return
      end
      local id = ids[i]
      local row, at = rows, (i - from) * (width + 1) + 1
      if not rows then
        row, at = read(id)
      elseif rows[at] ~= id then
        row = nil
      end
      tell(change(id, row, at))
    end
    settle()
  end
end
