-- Part of a job's log. KEYS: meta. ARGV: key prefix, id, lines to leave out, lines at the most, counted from the end 1/0.
-- Returns: whether the job is there, lines in all, the number of the first line, the lines.
local job = ARGV[1] .. ARGV[2]
local skip, count = tonumber(ARGV[3]), tonumber(ARGV[4])
local call = redis.call
local total = call('LLEN', job .. ':logs')
if total == 0 and call('EXISTS', job) == 0 then return { 0, 0, 0, {} } end
local first = ARGV[5] == '1' and math.max(0, total - skip - count) or skip
local last = (ARGV[5] == '1' and total - skip or skip + count) - 1
if last < first then return { 1, total, first + 1, {} } end
return { 1, total, first + 1, call('LRANGE', job .. ':logs', first, last) }
