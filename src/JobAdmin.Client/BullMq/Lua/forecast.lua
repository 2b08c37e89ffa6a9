-- What a change of jobs would come to. KEYS: meta. ARGV: key prefix of jobs that are named, '' for those below them; the change (remove, keep for one
-- that keeps children, stop); whether next runs of schedulers are refused 1/0; keys of children to give at the most for each; ids, or keys of those below.
-- Returns msgpack, for each: 0 not there, 1 would be changed, 2 a worker has it, 3 is a scheduler's; whether it is a child itself 1/0; then what
-- child-keys.lua, which stands before this, tells.
local P, change, refuses, most = ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])

local function isSchedulers(id, job)
  local scheduler = call('HGET', job, 'rjk')
  local next = scheduler and call('ZSCORE', P .. 'repeat', scheduler)
  if not next then return false end
  if change == 'stop' then return string.sub(id, -#next - 1) == ':' .. next and call('ZSCORE', P .. 'delayed', id) end
  return id == 'repeat:' .. scheduler .. ':' .. next
end

local out = {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local job = P .. id
  local parts = job .. ':'
  local there = call('EXISTS', job, parts .. 'lock', parts .. 'dependencies', parts .. 'processed', parts .. 'failed', parts .. 'unsuccessful')
  local code, child = 1, 0
  if there == 0 then
    code = 0
  elseif refuses and string.sub(id, 1, 7) == 'repeat:' and isSchedulers(id, job) then
    code = 3
  elseif there > 1 and change ~= 'stop' and call('EXISTS', parts .. 'lock') == 1 then
    code = 2
  end
  if P ~= '' and change == 'remove' and code ~= 0 and call('HEXISTS', job, 'parentKey') == 1 then child = 1 end
  out[#out + 1] = cmsgpack.pack(code, child) .. (there > 1 and change == 'remove' and children(job, most) or NONE)
end
return table.concat(out)
