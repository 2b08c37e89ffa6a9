-- Shared by the scripts that read jobs: what a job's row is made of, and which jobs match a filter.
local call, pcallServer = redis.call, redis.pcall
local FIELDS = { 'name', 'timestamp', 'processedOn', 'finishedOn', 'failedReason', 'progress', 'atm', 'attemptsMade', 'ats', 'stc',
  'priority', 'delay', 'pb', 'parentKey', 'rjk', 'deid', 'defa', 'opts' }
local COUNT = #FIELDS

local PARTS = { 'data', 'opts', 'returnvalue', 'stacktrace' }

-- All the fields of one call's rows, since one HMGET costs less than two, and where in its answer each of the parts stands.
local asked, place, askedFor
local function ask(parts)
  asked, place, askedFor = { unpack(FIELDS) }, {}, parts
  for i, name in ipairs(PARTS) do
    if string.sub(parts, i, i) == '1' then
      if name ~= 'opts' then asked[#asked + 1] = name end
      place[i] = name == 'opts' and COUNT or #asked
    end
  end
end

-- What is no hash is no job. Any other error (of a user who may not read it) ends the script: it does not say that there is no job.
local function noHash(failed, ...)
  if string.sub(failed.err, 1, 9) ~= 'WRONGTYPE' then call(...) end
end

-- Whether a key is a job's, for scripts that stand behind is-job.lua and change nothing.
local function isThere(key)
  local there, wrong = isJob(key)
  if wrong then call('HMGET', key, 'name') end
  return there
end

-- A job's row as msgpack; nil when the job has no hash. Packed job by job: one call each costs Redis far less than a table of all values.
-- parts: a string of flags for data, options, return value, stack trace and log, each 1 or 0.
local function readJob(P, id, score, state, parts)
  if askedFor ~= parts then ask(parts) end
  local job = P .. id
  local values = pcallServer('HMGET', job, unpack(asked))
  if values.err then return noHash(values, 'HMGET', job, 'name') end
  if not values[1] and not values[2] and call('EXISTS', job) == 0 then return nil end
  local opts = values[COUNT]
  values[COUNT] = opts and string.match(opts, '"attempts":(%d+)') or false
  if parts == '00000' then return cmsgpack.pack(id, score, state, unpack(values, 1, COUNT)) end
  local extra = {}
  for i = 1, 4 do extra[i] = place[i] == COUNT and opts or place[i] and values[place[i]] or false end
  local lines = string.sub(parts, 5, 5) == '1' and cmsgpack.pack(call('LRANGE', job .. ':logs', 0, -1)) or false
  return cmsgpack.pack(id, score, state, unpack(values, 1, COUNT)) .. cmsgpack.pack(extra[1], extra[2], extra[3], extra[4], lines)
end

-- Whether the plain pieces of a pattern occur in text one after the other. The client looks at the whole pattern again.
local function hasPieces(text, pattern)
  local at, last = 1, #pattern.p
  for i = 1, last do
    local piece = pattern.p[i]
    if i == last and pattern.e then
      local from = #text - #piece + 1
      if from < at or string.sub(text, from) ~= piece then return false end
      if i == 1 and pattern.s and from ~= 1 then return false end
    else
      local from, to = string.find(text, piece, at, true)
      if not from or (i == 1 and pattern.s and from ~= 1) then return false end
      at = to + 1
    end
  end
  return true
end

-- Names and reasons repeat: what was said of one is remembered.
local remembered = 0
local function anyPattern(text, patterns)
  text = text or ''
  local said = patterns.said
  if not said then
    said = {}
    patterns.said = said
  end
  local answer = said[text]
  if answer ~= nil then return answer end
  local lower = string.lower(text)
  answer = false
  for _, pattern in ipairs(patterns) do
    if hasPieces(lower, pattern) then answer = true break end
  end
  if remembered < 1000 and #text < 1000 then
    remembered = remembered + 1
    said[text] = answer
  end
  return answer
end

-- Bytes of data looked at so far: whoever walks on stops when it has become much.
local examined = 0

local function holds(P, id, patterns)
  local data = call('HGET', P .. id, 'data')
  if not data then return false end
  examined = examined + #data
  data = string.lower(data)
  for _, pattern in ipairs(patterns) do
    if not hasPieces(data, pattern) then return false end
  end
  return true
end

-- The fields that a filter looks at, and no more: each costs Redis as much as the call itself.
local function fieldsOf(filter)
  local fields = {}
  local function want(name)
    fields[#fields + 1] = name
    filter['at' .. name] = #fields
  end
  if filter.names then want('name') end
  if filter.reasons or filter.kinds then want('failedReason') end
  if filter.before or filter.after then
    want('finishedOn')
    want('timestamp')
  end
  if filter.untouched then want('processedOn') end
  -- What whoever deletes the job asks for next.
  if filter.links and #fields > 0 then
    want('parentKey')
    want('deid')
  end
  filter.fields, filter.values = fields, {}
  return fields
end

-- Whether a job passes the filter: whether it has children or a lock or may be a scheduler's, id, name, reason, the time it finished or was added, and data.
local function passes(P, id, filter)
  if not filter then return true end
  if filter.kin and string.sub(id, 1, 7) ~= 'repeat:' then
    local parts = P .. id .. ':'
    if call('EXISTS', parts .. 'dependencies', parts .. 'processed', parts .. 'failed', parts .. 'unsuccessful', parts .. 'lock') == 0 then return false end
  end
  if filter.ids and not anyPattern(id, filter.ids) then return false end
  local fields = filter.fields or fieldsOf(filter)
  if #fields > 0 then
    local job, values = P .. id, nil
    if #fields == 1 then
      -- Into the table of the job before: most walks ask for one field, and need no table of each job's.
      values = filter.values
      values[1] = pcallServer('HGET', job, fields[1])
      if type(values[1]) == 'table' then
        noHash(values[1], 'HGET', job, fields[1])
        return false
      end
    else
      values = pcallServer('HMGET', job, unpack(fields))
      if values.err then
        noHash(values, 'HMGET', job, 'name')
        return false
      end
      filter.key, filter.values = job, values
    end
    if filter.names and not anyPattern(values[filter.atname], filter.names) then return false end
    local reason = values[filter.atfailedReason]
    if filter.reasons and not anyPattern(reason, filter.reasons) then return false end
    if filter.kinds and not anyPattern(reason, filter.kinds) then return false end
    if filter.untouched then
      local taken = tonumber(values[filter.atprocessedOn] or 0)
      if taken and taken >= filter.untouched then return false end
    end
    if filter.before or filter.after then
      local time = tonumber(values[filter.atfinishedOn] or values[filter.attimestamp])
      if not time then return false end
      if filter.before and time >= filter.before then return false end
      if filter.after and time < filter.after then return false end
    end
  end
  return not filter.data or holds(P, id, filter.data)
end
