// Workers of two kinds: `hand`, which takes and finishes single jobs when told to, and real ones, which run what the job's data says.
import { bull, close, connection, isBull, load, opened, prefix, queue, reuse } from './libs.mjs';

const sleep = ms => new Promise(done => setTimeout(done, ms));
const token = 'peer-token:0';

const hand = async command => {
  const library = await load(command.lib);
  return reuse('hand', command, async () => {
    const worker = new library.Worker(command.queue, undefined, { connection: connection(command), prefix: prefix(command), autorun: false, lockDuration: 600_000, ...command.opts });
    worker.on('error', () => {});
    await worker.waitUntilReady();
    return worker;
  });
};

/** Takes the next jobs, as a worker would, and leaves them active. */
export async function take(command) {
  const worker = await hand(command);
  const ids = [];
  for (let n = command.count ?? 1; n > 0; n--) {
    const job = await worker.getNextJob(token, { block: false });
    if (!job) break;
    ids.push(job.id);
  }
  return ids;
}

/** Finishes a job that was taken: with `reason` it fails, else it completes with `result`. */
export async function finish(command) {
  const library = await load(command.lib);
  const job = await library.Job.fromId(await hand(command), command.id);
  if ('reason' in command) {
    const error = new (command.unrecoverable ? library.UnrecoverableError : Error)(command.reason);
    await job.moveToFailed(error, token, false);
  } else {
    await job.moveToCompleted(command.result ?? null, token, false);
  }
  return job.id;
}

/** Takes and finishes `count` jobs, one after the other; `reasons` and `results` are used in turn. */
export async function run(command) {
  const ids = [];
  for (let n = 0; n < (command.count ?? 1); n++) {
    const [id] = await take({ ...command, count: 1 });
    if (!id) break;
    const outcome = command.reasons ? { reason: command.reasons[n % command.reasons.length] }
      : 'reason' in command ? { reason: command.reason } : { result: command.results ? command.results[n % command.results.length] : command.result };
    ids.push(await finish({ ...command, ...outcome, id }));
  }
  return ids;
}

async function behave(library, job, orders, ran, released) {
  const data = typeof job.data === 'object' && job.data !== null ? job.data : {};
  const order = { ...data, ...orders };
  const entry = { id: job.id, name: job.name, attempt: job.attemptsMade, at: Date.now() };
  ran.push(entry);
  for (const line of order.log ?? []) await job.log(line);
  for (const step of order.progress ?? []) await (job.updateProgress ? job.updateProgress(step) : job.progress(step));
  if (order.ms) await sleep(order.ms);
  if (order.hold) await released;
  if (order.do === 'fail' && (order.times === undefined || job.attemptsMade < order.times)) {
    entry.failed = order.reason ?? 'failed as told';
    throw order.unrecoverable ? new library.UnrecoverableError(entry.failed) : new Error(entry.failed);
  }
  return order.result ?? null;
}

/** Starts a real worker. `behave` overrides what the jobs' data say. The record of what it ran comes from `ran` and `stopWorker`. */
export async function startWorker(command) {
  const library = await load(command.lib);
  const worker = await reuse('worker', command, async () => {
    const ran = [];
    let made, release;
    const released = new Promise(done => { release = done; });
    if (isBull(command)) {
      made = await bull(library, command);
      made.process('*', command.opts?.concurrency ?? 1, job => behave(library, job, command.behave, ran, released));
    } else {
      made = new library.Worker(command.queue, job => behave(library, job, command.behave, ran, released),
        { connection: connection(command), prefix: prefix(command), drainDelay: 1, ...command.opts });
      made.on('error', () => {});
      await made.waitUntilReady();
    }
    return Object.assign(made, { ran, release });
  });
  return worker.name;
}

async function started(command) {
  const worker = await opened('worker', command);
  if (!worker) throw new Error(`no worker was started for ${command.queue}`);
  return worker;
}

export const ran = async command => (await started(command)).ran;

/** Lets the jobs go on that run with `hold`. */
export const release = async command => (await started(command)).release();

export async function stopWorker(command) {
  const record = await ran(command);
  await close('worker', command, command.force ?? false);
  return record;
}

/** Waits until nothing waits and no more than `others` jobs run (with `delayed`: nothing is delayed either). A paused queue's waiting jobs don't count. */
export async function idle(command) {
  const q = await queue({ ...command, skipMeta: true });
  const end = Date.now() + (command.timeout ?? 10_000);
  for (;;) {
    const paused = await q.isPaused();
    const states = ['active', ...(paused ? [] : isBull(command) ? ['wait'] : ['wait', 'prioritized']), ...(command.delayed ? ['delayed'] : [])];
    const counts = await q.getJobCounts(...states);
    if (states.every(state => (counts[state] ?? counts.waiting ?? 0) <= (state === 'active' ? command.others ?? 0 : 0))) return true;
    if (Date.now() > end) throw new Error(`still busy: ${JSON.stringify(counts)}`);
    await sleep(10);
  }
}

/** A real worker from start to idle to stop; gives the record of what it ran. Jobs that others have are not waited for. */
export async function work(command) {
  const others = (await (await queue({ ...command, skipMeta: true })).getJobCounts('active')).active;
  await startWorker(command);
  let late;
  await idle({ ...command, others }).catch(error => { late = error; });
  const record = await stopWorker(command);
  if (late) throw late;
  return record;
}

/** Waits until a job is in one of the states. */
export async function waitState(command) {
  const q = await queue({ ...command, skipMeta: true });
  const wanted = [command.state].flat();
  const end = Date.now() + (command.timeout ?? 10_000);
  for (;;) {
    const job = await q.getJob(command.id);
    const state = job ? await job.getState() : 'unknown';
    if (wanted.includes(state)) return state;
    if (Date.now() > end) throw new Error(`job ${command.id} is ${state}, not ${wanted}`);
    await sleep(10);
  }
}
