// node seed.mjs PORT QUEUE STATE JOBS : that many jobs made by BullMQ, every tenth with a priority: failed by a real worker, delayed for a day, or waiting.
import { createRequire } from 'node:module';
const require = createRequire(new URL('../tests/peers/package.json', import.meta.url));
const { Queue, Worker } = require('bullmq');
const [port, name, state, jobs] = [Number(process.argv[2]), process.argv[3], process.argv[4], Number(process.argv[5])];
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
const queue = new Queue(name, { connection });
const reason = i => ['SMTP timeout after 30s', `ENOENT: no such file '/data/${i}.png'`, `Request ${i} failed with status code 503`][i % 3];
// Prioritized jobs stand in a state of their own while they wait.
const options = i => ({ ...(i % 10 || state === 'wait' ? {} : { priority: 5 }), ...(state === 'delayed' ? { delay: 86400000 } : {}) });
let failed = 0, worker;
const done = new Promise(resolve => {
  if (state !== 'failed') return resolve();
  worker = new Worker(name, async job => { throw new Error(reason(job.data.i)); }, { connection, concurrency: 200, lockDuration: 600_000 });
  worker.on('failed', () => { if (++failed >= jobs) resolve(); });
});
for (let from = 0; from < jobs; from += 2000) {
  await queue.addBulk(Array.from({ length: Math.min(2000, jobs - from) }, (_, k) => {
    const i = from + k;
    return { name: i % 2 ? 'resize' : 'send-email', data: { i, to: `user${i}@example.com`, note: 'x'.repeat(120) }, opts: options(i) };
  }));
}
await done;
await worker?.close();
await queue.close();
process.exit(0);
