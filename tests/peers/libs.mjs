// The BullMQ versions, the connections to them and what is open of each, so that a whole database can be let go at once.
import Redis from 'ioredis';

const aliases = { '6.7': 'bullmq', '6.2': 'bullmq62', '5.81': 'bullmq5', '5.60': 'bullmq560', '4.17': 'bullmq4' };
const env = process.env;
const open = new Map();

/** Loads a version of the library by its folder name (`bullmq`, `bullmq5`, `bullmq560`, `bullmq62`, `bullmq4`, `bull`). */
export async function load(lib = env.LIB ?? 'bullmq') {
  const module = await import(aliases[lib] ?? lib);
  return module.default?.Queue ? module.default : module.Queue ? module : module.default;
}

export const isBull = command => (command.lib ?? env.LIB) === 'bull';

export function connection(command) {
  const { host = env.HOST ?? '127.0.0.1', port = Number(env.PORT ?? 6379), db = Number(env.DB ?? 0), username, password = env.PASSWORD } = command;
  return { host, port, db, username, password, maxRetriesPerRequest: null };
}

export const prefix = command => command.prefix ?? env.PREFIX ?? 'bull';

const place = command => { const { port, db } = connection(command); return `${port}/${db}`; };

const keyFor = (kind, command) =>
  [place(command), kind, command.lib ?? env.LIB ?? 'bullmq', prefix(command), command.queue, command.skipMeta ?? false, command.as ?? ''].join('|');

/** Gives the object that `make` made for the same kind of command before, or makes it. */
export async function reuse(kind, command, make) {
  const key = keyFor(kind, command);
  if (!open.has(key)) {
    open.set(key, (async () => {
      const made = await make();
      made.on?.('error', () => {});
      return made;
    })());
  }
  return open.get(key);
}

/** What was made for a command, or undefined. */
export const opened = (kind, command) => open.get(keyFor(kind, command));

/** Closes what was made for a command. */
export const close = (kind, command, force) => release(keyFor(kind, command), force);

async function release(key, force) {
  const made = await open.get(key);
  open.delete(key);
  try {
    // BullMQ's close waits for a blocked connection, at times for ever.
    await Promise.race([made.close ? made.close(force) : made.quit(), new Promise(done => setTimeout(done, 5000).unref())]);
  } catch {
    // A server that is gone can't be told goodbye.
  }
}

/** Closes what is open: all of it, or what belongs to the command's database. */
export async function closeAll(command, force = true) {
  const keys = [...open.keys()].filter(key => !command || key.startsWith(`${place(command)}|`));
  await Promise.all(keys.map(key => release(key, force)));
  return keys.length;
}

export const redis = command => reuse('redis', { ...command, lib: 'ioredis', queue: '' }, () => new Redis(connection(command)));

export const bull = (library, command) =>
  new library(command.queue, { redis: { ...connection(command), maxRetriesPerRequest: undefined }, prefix: prefix(command) }).isReady();

export async function queue(command) {
  const library = await load(command.lib);
  return reuse('queue', command, async () => {
    if (isBull(command)) return bull(library, command);
    const made = new library.Queue(command.queue, { connection: connection(command), prefix: prefix(command), skipMetasUpdate: command.skipMeta, ...command.queueOpts });
    made.on('error', () => {});
    await made.waitUntilReady();
    // The version is written in the background: wait, or a later read may not see it yet.
    if (!command.skipMeta) await (made.queueMetaInitialized ?? made.getVersion?.());
    return made;
  });
}

export async function flows(command) {
  const library = await load(command.lib);
  return reuse('flows', command, () => new library.FlowProducer({ connection: connection(command), prefix: prefix(command) }));
}
