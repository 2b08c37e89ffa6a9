-- Microseconds since the script began: elapsed(). Since Redis 7.2 TIME stands still while a script runs. From 7.4 and Valkey 8 on os.clock tells; between
-- them it is 0, and whoever waits for the answer has to measure. isLate() ends a slice before others feel it, after so many microseconds.
local elapsed, isLate
do
  local server = redis.call
  local os = rawget(_G, 'os')
  local now = os and function() return os.clock() * 1000000 end or function()
    local time = server('TIME')
    return time[1] * 1000000 + time[2]
  end
  local began = now()
  elapsed = function() return math.max(0, now() - began) end
  isLate = function(most) return elapsed() > (most or 15000) end
end
