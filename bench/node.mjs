// node node.mjs PORT QUEUE WORK : milliseconds and CPU milliseconds that BullMQ's own library takes for a work, connected and ready.
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
  async 'retry all'() {
    await queue.retryJobs();
  },
  async 'remove each'() {
    for (const job of await queue.getFailed(0, -1)) await job.remove();
  },
  async clean() {
    while ((await queue.clean(0, 10000, 'failed')).length) { /* on */ }
  },
};
const cpu = process.cpuUsage();
const started = performance.now();
await works[work]();
const used = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - started, cpu: (used.user + used.system) / 1000 }));
await queue.close();
process.exit(0);
