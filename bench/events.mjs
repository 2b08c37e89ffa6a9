// node events.mjs PORT QUEUE EVENTS RATE : that many events a second, as BullMQ's scripts note them, in a stream that is kept as short as BullMQ keeps it; the last is 'drained'.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
const Redis = createRequire(new URL('../tests/peers/package.json', import.meta.url))('ioredis');
const [port, name, events, rate] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const client = new Redis(port, '127.0.0.1');
const started = performance.now();
for (let n = 0; n < events;) {
  const due = Math.min(events, Math.ceil((performance.now() - started) / 1000 * rate));
  const pipe = client.pipeline();
  for (; n < due; n++) pipe.xadd(`bull:${name}:events`, 'MAXLEN', '~', 10000, '*', 'event', n === events - 1 ? 'drained' : 'completed', 'jobId', n + 1, 'prev', 'active');
  await pipe.exec();
  await sleep(10);
}
client.disconnect();
