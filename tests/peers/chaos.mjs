// Random operations with BullMQ's own library, as a second operator would do them while others act: the same seed does the same in the same order.
import { flows, load, queue } from './libs.mjs';

function generator(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6D2B79F5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Does `count` operations, eight at a time; only those that `only` names, if it names any. Gives what was added and what was removed, by id, and how many of each operation were done. */
export async function chaos(command) {
  const { count, seed, others = 1, first = 1, pauses = true, only } = command;
  const q = await queue(command);
  const producer = await flows(command);
  const library = await load(command.lib);
  const next = generator(seed);
  const done = {}, added = [], removed = [], refused = {};
  let last = first - 1, flow = first;
  const pick = n => Math.floor(next() * n);
  const someId = () => pick(2) ? `o-${1 + pick(others)}` : `t-${1 + pick(Math.max(1, last))}`;
  const some = async () => library.Job.fromId(q, someId());
  const data = () => ({ do: pick(4) === 0 ? 'fail' : 'ok', n: pick(1000) });
  const operations = {
    async add() {
      const jobs = Array.from({ length: 1 + pick(5) }, () => {
        const jobId = `t-${++last}`, kind = pick(4);
        return { name: 'job', data: data(), opts: { jobId, ...kind === 1 && { delay: 1 + pick(2000) }, ...kind === 2 && { priority: 1 + pick(5) }, ...kind === 3 && { delay: 3_600_000 } } };
      });
      await q.addBulk(jobs);
      added.push(...jobs.map(j => j.opts.jobId));
    },
    async addFlow() {
      const n = flow++;
      await producer.add({ name: 'parent', queueName: command.queue, data: data(), opts: { jobId: `fp-${n}` },
        children: [0, 1].map(i => ({ name: 'child', queueName: command.queue, data: { do: i ? 'ok' : data().do }, opts: { jobId: `fc-${n}-${i}`, ignoreDependencyOnFailure: n % 2 === 0, failParentOnFailure: n % 2 === 1 } })) });
    },
    async retry() { const job = await some(); if (job) await job.retry(pick(2) ? 'failed' : 'completed'); },
    async promote() { const job = await some(); if (job) await job.promote(); },
    async remove() {
      const job = await some();
      if (job) { await job.remove(); removed.push(job.id); }
    },
    async changePriority() { const job = await some(); if (job) await job.changePriority({ priority: pick(4) }); },
    async changeDelay() { const job = await some(); if (job) await job.changeDelay(pick(3_600_000)); },
    async updateData() { const job = await some(); if (job) await job.updateData(data()); },
    async log() { const job = await some(); if (job) await job.log('line'); },
    async clean() { removed.push(...await q.clean(0, 1 + pick(20), ['completed', 'failed', 'delayed'][pick(3)])); },
    async drain() { await q.drain(pick(2) === 0); },
    async pause() { if (pauses) await q.pause(); },
    async resume() { if (pauses) await q.resume(); },
    async read() { await q.getJobCounts(); },
  };
  const weights = { add: 10, addFlow: 2, retry: 8, promote: 6, remove: 4, changePriority: 4, changeDelay: 2, updateData: 3, log: 2, clean: 1, pause: 1, resume: 3, read: 2 };
  const wheel = only ? only.slice() : Object.entries(weights).flatMap(([name, weight]) => Array(weight).fill(name));
  let left = count;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (left-- > 0) {
      const name = wheel[pick(wheel.length)];
      try {
        await operations[name]();
        done[name] = (done[name] ?? 0) + 1;
      } catch (error) {
        // Somebody else was first; or the state does not allow it.
        const why = String(error.message).replace(/[a-z]+-[0-9-]+/g, 'X');
        refused[why] = (refused[why] ?? 0) + 1;
      }
    }
  }));
  return { added, removed, done, refused, last, flow };
}
