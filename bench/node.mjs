// node node.mjs PORT QUEUE WORK [again] : milliseconds and CPU milliseconds that BullMQ's own library takes for a work, connected and ready, or for the
// same a second time, and its peak memory.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(new URL('../tests/peers/package.json', import.meta.url));
const { Queue } = require(process.env.BULLMQ ?? 'bullmq');
const [port, name, work] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const queue = new Queue(name, { connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null } });
await queue.waitUntilReady();
const works = {
  async list() {
    for (let from = 0; ; from += 1000) if ((await queue.getFailed(from, from + 999)).length < 1000) break;
  },
  async 'list by reason'() {
    for (let from = 0; ; from += 1000) {
      const page = await queue.getFailed(from, from + 999);
      page.filter(job => /timeout/i.test(job.failedReason));
      if (page.length < 1000) break;
    }
  },
  async 'retry each'() {
    for (const job of await queue.getFailed(0, -1)) await job.retry();
  },
  async 'retry 500'() {
    const jobs = await queue.getFailed(0, -1);
    await Promise.all(Array.from({ length: 500 }, async () => { for (let job; (job = jobs.pop());) await job.retry(); }));
  },
  async 'retry all'() {
    await queue.retryJobs();
  },
  async 'remove each'() {
    for (const job of await queue.getFailed(0, -1)) await job.remove();
  },
  async clean() {
    while ((await queue.clean(0, 10000, 'failed')).length) { /* on */ }
  },
  async drain() {
    await queue.drain();
  },
  async promote() {
    await queue.promoteJobs();
  },
  async obliterate() {
    await queue.obliterate();
  },
};
if (process.argv[5]) await works[work]();
// Linux can forget the peak so far.
const memory = field => { try { return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024; } catch { return 0; } };
try { writeFileSync('/proc/self/clear_refs', '5'); } catch { /* elsewhere nothing is said of memory */ }
const idle = memory('VmRSS');
const cpu = process.cpuUsage();
const started = performance.now();
await works[work]();
const ms = performance.now() - started;
const used = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms, cpu: (used.user + used.system) / 1000, mb: Math.max(0, memory('VmHWM') - idle) }));
process.exit(0);
