// A BullMQ application under remote control: the other side of the tests.
//   node peer.mjs                  reads commands from stdin, one JSON object a line, and answers each with a line of JSON; ends with stdin
//   node peer.mjs '<command>'      runs one command, or an array of them in order, prints the result as JSON and ends
// Every command has `do` (see below) and may have lib, port, db, prefix, queue; PORT, DB, PREFIX, LIB, HOST and PASSWORD of the environment stand in.
// `skipMeta: true` keeps a Queue object from writing its version into `meta`.
import { createInterface } from 'node:readline';
import { chaos } from './chaos.mjs';
import { closeAll, flows, load, queue, redis } from './libs.mjs';
import { finish, idle, ran, release, run, startWorker, stopWorker, take, waitState, work } from './workers.mjs';

const plain = value => JSON.parse(JSON.stringify(value ?? null, (_, v) => typeof v === 'bigint' ? String(v) : v?.asJSON && v.queue ? jobView(v) : v));

function jobView(job) {
  const { queue: _, ...json } = job.toJSON();
  return { ...json, queueName: job.queueName };
}

async function jobOf(command) {
  const job = await (await queue(command)).getJob(command.id);
  if (!job) throw new Error(`no job ${command.id}`);
  return job;
}

const ids = jobs => jobs.map(job => job?.id ?? null);
const tree = node => ({ id: node.job.id, queue: node.job.queueName, children: (node.children ?? []).map(tree) });
const onQueue = method => async command => (await queue(command))[method](...(command.args ?? []));
const onJob = method => async command => (await jobOf(command))[method](...(command.args ?? []));

/** Fills a queue: failed, completed and active jobs first, by hand; then the ones that stay waiting, prioritized and delayed. */
async function seed(command) {
  const { failed = 0, completed = 0, active = 0, waiting = 0, prioritized = 0, delayed = 0, names = ['job'], data = {}, reasons = ['boom'], opts = {} } = command;
  const q = await queue(command);
  const made = (count, extra) => Array.from({ length: count }, (_, n) => ({ name: names[n % names.length], data: { ...data, n }, opts: { ...opts, ...extra?.(n) } }));
  const add = async jobs => { for (let n = 0; n < jobs.length; n += 500) await q.addBulk(jobs.slice(n, n + 500)); };
  await add(made(failed + completed + active));
  await run({ ...command, count: failed, reasons });
  await run({ ...command, count: completed, results: command.results ?? [{ ok: true }] });
  await take({ ...command, count: active });
  await add(made(waiting));
  await add(made(prioritized, n => ({ priority: 1 + n % 3 })));
  await add(made(delayed, n => ({ delay: 3_600_000 + n * 1000 })));
  return counts(command);
}

const counts = async command => (await queue(command)).getJobCounts(...(command.args ?? []));

const commands = {
  // Making jobs
  add: async c => (await (await queue(c)).add(c.name ?? 'job', c.data ?? {}, c.opts)).id,
  addBulk: async c => ids(await (await queue(c)).addBulk(c.jobs)),
  addMany: async c => ids(await (await queue(c)).addBulk(Array.from({ length: c.count }, (_, n) => ({ name: c.name ?? 'job', data: { n, ...c.data }, opts: c.opts })))),
  addFlow: async c => tree(await (await flows(c)).add(c.flow)),
  seed,
  upsertScheduler: async c => (await (await queue(c)).upsertJobScheduler(c.id, c.repeat, c.template))?.id,
  repeatable: async c => (await (await queue(c)).add(c.name ?? 'job', c.data ?? {}, { repeat: c.repeat, ...c.opts }))?.id,
  // Working on them
  chaos, take, finish, run, startWorker, stopWorker, ran, release, work, idle, waitState,
  // One job
  getJob: async c => { const job = await (await queue(c)).getJob(c.id); return job ? { ...jobView(job), state: await job.getState() } : null; },
  getState: onJob('getState'), retry: onJob('retry'), promote: onJob('promote'), remove: onJob('remove'), log: onJob('log'),
  updateProgress: onJob('updateProgress'), updateData: onJob('updateData'), changePriority: onJob('changePriority'), changeDelay: onJob('changeDelay'),
  getChildrenValues: onJob('getChildrenValues'), getDependencies: onJob('getDependencies'),
  putBack: async c => (await jobOf(c)).moveToWait(c.token ?? 'peer-token:0'),
  moveToFailed: async c => (await jobOf(c)).moveToFailed(new Error(c.reason), c.token ?? 'peer-token:0', false),
  // A queue
  counts, isPaused: onQueue('isPaused'), pause: onQueue('pause'), resume: onQueue('resume'), drain: onQueue('drain'), clean: onQueue('clean'),
  obliterate: onQueue('obliterate'), retryAll: onQueue('retryJobs'), promoteAll: onQueue('promoteJobs'), removeScheduler: onQueue('removeJobScheduler'),
  setConcurrency: onQueue('setGlobalConcurrency'), setRateLimit: onQueue('setGlobalRateLimit'), rateLimit: onQueue('rateLimit'),
  removeDedup: onQueue('removeDeduplicationKey'), trimEvents: onQueue('trimEvents'), schedulers: onQueue('getJobSchedulers'),
  ids: async c => ids(await (await queue(c)).getJobs(c.states, c.start ?? 0, c.end ?? -1, c.asc ?? false)),
  call: async c => (await queue(c))[c.method](...(c.args ?? [])),
  redis: async c => (await redis(c)).call(...c.args.map(String)),
  // When a scheduler would run next: for each of `cases` a time in milliseconds, null for never, or the error.
  nextMillis: async c => {
    const { defaultRepeatStrategy } = await load(c.lib);
    return c.cases.map(({ from, ...repeat }) => {
      try { return defaultRepeatStrategy(from, repeat) ?? null; } catch (error) { return error.message; }
    });
  },
  load: async c => (await load(c.lib)) && true,
  close: c => closeAll(c),
};

async function answer(command) {
  const handler = commands[command.do];
  if (!handler) throw new Error(`no such command: ${command.do}`);
  return plain(await handler(command));
}

// A connection that dies while nobody waits for it must not end the whole peer.
process.on('unhandledRejection', error => process.stderr.write(`${error?.stack ?? error}\n`));

if (process.argv[2]) {
  const given = JSON.parse(process.argv[2]);
  try {
    const results = [];
    for (const command of [given].flat()) results.push(await answer(command));
    process.stdout.write(`${JSON.stringify(Array.isArray(given) ? results : results[0])}\n`);
    await closeAll(undefined, false);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  }
}

createInterface({ input: process.stdin }).on('line', async line => {
  const { call, ...command } = JSON.parse(line);
  try {
    process.stdout.write(`${JSON.stringify({ call, result: await answer(command) })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ call, error: String(error?.message ?? error) })}\n`);
  }
}).on('close', () => process.exit(0));
