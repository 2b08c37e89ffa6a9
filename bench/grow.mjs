// node grow.mjs PORT QUEUE STATE JOBS : copies of the jobs of one state on the server itself, until there are that many (failed, delayed and wait are known).
import { createRequire } from 'node:module';
const require = createRequire(new URL('../tests/peers/package.json', import.meta.url));
const Redis = require('ioredis');
const [port, name, state, total] = [Number(process.argv[2]), process.argv[3], process.argv[4], Number(process.argv[5])];
const redis = new Redis(port, '127.0.0.1');
const script = `
  local P, state, from, to = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
  local patterns = {}
  for i = 4, #ARGV do patterns[#patterns + 1] = ARGV[i] end
  for n = from, to do
    local pattern = patterns[n % #patterns + 1]
    redis.call('COPY', P .. pattern, P .. n)
    if state == 'wait' then redis.call('LPUSH', P .. state, n)
    else redis.call('ZADD', P .. state, redis.call('ZSCORE', P .. state, pattern) - (state == 'failed' and n % 100000 or 0), n) end
  end
  redis.call('SET', P .. 'id', to)`;
const prefix = `bull:${name}:`;
const patterns = state === 'wait' ? await redis.lrange(prefix + state, 0, 999) : await redis.zrange(prefix + state, 0, 999);
const there = state === 'wait' ? await redis.llen(prefix + state) : await redis.zcard(prefix + state);
const last = Number(await redis.get(prefix + 'id'));
for (let made = there; made < total; made += 2000) {
  const from = last + 1 + made - there;
  await redis.eval(script, 1, prefix, state, from, Math.min(from + 1999, last + total - there), ...patterns);
}
await redis.quit();
