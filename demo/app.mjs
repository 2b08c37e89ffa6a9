// node app.mjs [--once] : a BullMQ application with four queues on a Redis of its own. It prints `ready <address>` when the night's work
// is done and goes on working until its input ends; with --once it prints what BullMQ counts and ends.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from './redis.mjs';
import { concurrency, night, reports, work } from './work.mjs';

const { FlowProducer, Queue, Worker } = createRequire(new URL('../tests/peers/package.json', import.meta.url))('bullmq');
const once = process.argv.includes('--once');

const redis = await startRedis().catch(error => {
  console.error(`redis-server can't be started: ${error.message}`);
  process.exit(1);
});

function end(code) {
  redis.stop();
  process.exit(code);
}

// At a prompt of its own Ctrl+C ends it; below another program, which may be interrupted for other reasons, the end of the input does.
process.on('SIGINT', () => { if (once || process.stdin.isTTY) end(130); });
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => end(143));
process.on('uncaughtException', error => { console.error(error); end(1); });

const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
const kept = { removeOnComplete: { count: 1000 } };
const queues = Object.keys(night).map(name => new Queue(name, { connection, defaultJobOptions: kept }));
let outage = true;
const counts = queue => queue.getJobCounts('waiting', 'active', 'prioritized', 'delayed', 'waiting-children', 'completed', 'failed');

for (const queue of queues) await queue.addBulk(night[queue.name]);
await queues[0].upsertJobScheduler('daily-digest', { pattern: '0 3 * * *' }, { name: 'digest', data: { model: 'small' } });
const flows = new FlowProducer({ connection });
for (const report of reports) await flows.add(report);
for (const { name } of queues) {
  new Worker(name, job => work(job, outage), { connection, name: `${name}-worker`, concurrency: concurrency[name] });
}

const jobs = [...Object.values(night).flat(), ...reports.flatMap(report => report.children)];
const expected = jobs.filter(job => job.data.fails || job.data.broken).length;
for (let failed = 0; failed < expected; await sleep(100)) {
  failed = (await Promise.all(queues.map(queue => queue.getFailedCount()))).reduce((sum, count) => sum + count);
}
outage = false;
console.log(`A BullMQ application worked through the night on ${queues.length} queues: ${expected} of its jobs failed. What was down is up again.`);

if (once) {
  console.table(Object.fromEntries(await Promise.all(queues.map(async queue => [queue.name, await counts(queue)]))));
  end(0);
}

console.log(`ready redis://127.0.0.1:${redis.port}`);
process.stdin.on('error', () => end(0)).on('close', () => end(0)).resume();

const chat = queues.find(queue => queue.name === 'chat');
for (let n = 0; ; n++, await sleep(2000)) await chat.add('reply', { conversation: 5000 + n, model: 'small' });
