// node bench/server.mjs [JOBS] [ROUNDS] [--memory] : the server against bull-board's API on the same data, in one run, as ratios; bull-board comes from npm into
// output/bench. With --memory it also fills a queue with 1,000,000 jobs and reports the most memory that the server ever took.
// Before: dotnet build src/JobAdmin.Server -c Release, and npm ci in tests/peers.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const root = new URL('..', import.meta.url).pathname;
const lab = join(root, 'output/bench');
const [jobs, rounds] = [Number(process.argv[2] ?? 20000) || 20000, Number(process.argv[3] ?? 5) || 5];
const queueName = 'emails';
const folder = mkdtempSync(join(tmpdir(), 'jobadmin-bench-'));
const running = [];
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); rmSync(folder, { recursive: true, force: true }); });
for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15], ['SIGHUP', 1]]) process.on(signal, () => process.exit(128 + number));

const start = (command, args, env = {}) => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  running.push(child);
  return child;
};
const stop = child => new Promise(done => { child.on('exit', done); child.kill(); });
const listens = port => new Promise(done => { const s = connect(port, '127.0.0.1', () => { s.destroy(); done(true); }).on('error', () => done(false)); });
const until = async (test, what) => { for (let i = 0; i < 600; i++) { if (await test()) return; await sleep(100); } throw new Error(`in vain: ${what}`); };
const redis = async port => {
  const child = start('redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--dbfilename', `${port}.rdb`, '--save', '']);
  child.stdout.resume();
  await until(async () => await listens(port) && execFileSync('redis-cli', ['-p', port, 'ping']).toString().trim() === 'PONG', 'redis-server');
  return child;
};

function boardInstalled() {
  if (existsSync(join(lab, 'node_modules/@bull-board/express'))) return;
  mkdirSync(lab, { recursive: true });
  writeFileSync(join(lab, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '@bull-board/express@9.10.1', '@bull-board/api@9.10.2', 'express@5'], { cwd: lab, stdio: 'inherit' });
}

const board = async (port, redisPort) => {
  writeFileSync(join(lab, 'board.mjs'), `
import { createRequire } from 'node:module';
import express from 'express';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
const { Queue } = createRequire(new URL('../../tests/peers/package.json', import.meta.url))('bullmq');
const serverAdapter = new ExpressAdapter();
createBullBoard({ queues: [new BullMQAdapter(new Queue('${queueName}', { connection: { host: '127.0.0.1', port: ${redisPort}, maxRetriesPerRequest: null } }))], serverAdapter });
express().use('/', serverAdapter.getRouter()).listen(${port}, '127.0.0.1', () => console.log('ready'));`);
  const child = start('node', [join(lab, 'board.mjs')], { NODE_ENV: 'production', NODE_PATH: join(root, 'tests/peers/node_modules') });
  child.stdout.resume();
  await until(() => listens(port), 'bull-board');
  return child;
};

const server = async (port, redisPort) => {
  const child = start('dotnet', [join(root, 'src/JobAdmin.Server/bin/Release/net8.0/JobAdmin.Server.dll'), '--urls', `http://127.0.0.1:${port}`, '--redis', `redis://127.0.0.1:${redisPort}`, '--rate-limit', '0']);
  child.stdout.resume();
  await until(async () => await listens(port) && (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, 'the server');
  return child;
};

const json = async (method, url, body) => {
  const response = await fetch(url, { method, headers: { 'Content-Type': 'application/json' }, body });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.text().then(text => text && JSON.parse(text));
};
/** Processor time of some processes so far, in milliseconds. */
const cpu = (...children) => children.reduce((sum, { pid }) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return sum + 10 * (Number(f[11]) + Number(f[12])); }, 0);
const timed = async (work, ...children) => {
  const [from, used] = [performance.now(), cpu(...children)];
  await work();
  return { ms: performance.now() - from, cpu: cpu(...children) - used };
};
const agent = new Agent({ keepAlive: true });
/** A whole answer as bytes. Not by fetch, whose streams take as long as a fast server does. */
const download = url => new Promise((done, failed) => get(url, { agent }, answer => {
  const pieces = [];
  answer.on('data', piece => pieces.push(piece)).on('error', failed).on('end', () => done(Buffer.concat(pieces)));
}).on('error', failed));
/** How often a text stands in an answer: what is compared is the servers, not the parser of this script. */
const count = async (url, text) => {
  const body = await download(url);
  let found = 0;
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) found++;
  return found;
};
const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const works = {
  ours: {
    async list(url) {
      let seen = 0;
      for (let at = 0; at < jobs; at += 1000) seen += await count(`${url}/api/queues/${queueName}/jobs?state=failed&start=${at}&end=${at + 1000}`, '"stacktrace":');
      if (seen !== jobs) throw new Error(`${seen} jobs listed`);
    },
    retry: url => json('POST', `${url}/api/queues/${queueName}/retry`, '{"state":"failed"}'),
  },
  board: {
    async list(url) {
      let seen = 0;
      for (let page = 1; seen < jobs; page++) {
        const found = await count(`${url}/api/queues?activeQueue=${queueName}&status=failed&page=${page}&jobsPerPage=300`, '"stacktrace":');
        if (!found) throw new Error(`${seen} jobs listed`);
        seen += found;
      }
    },
    retry: url => json('PUT', `${url}/api/queues/${queueName}/retry/failed`),
  },
};

boardInstalled();
const seedPort = 7831;
const seeding = await redis(seedPort);
console.error(`seeding ${jobs} failed jobs`);
execFileSync('node', [join(root, 'bench/seed.mjs'), seedPort, queueName, 'failed', jobs], { stdio: 'inherit' });
execFileSync('redis-cli', ['-p', seedPort, 'save']);
await stop(seeding);

const results = { list: [], retry: [] };
const times = { ours: { list: [], retry: [] }, board: { list: [], retry: [] } };
for (let round = 0; round < rounds; round++) {
  const sides = round % 2 ? ['board', 'ours'] : ['ours', 'board'];
  const took = {};
  for (const side of sides) {
    const [redisPort, port] = side === 'ours' ? [7832, 7833] : [7834, 7835];
    copyFileSync(join(folder, `${seedPort}.rdb`), join(folder, `${redisPort}.rdb`));
    const [store, served] = [await redis(redisPort), side === 'ours' ? await server(port, redisPort) : await board(port, redisPort)];
    const url = `http://127.0.0.1:${port}`;
    for (let warm = 0; warm < 8; warm++) await works[side].list(url); // Both run compiled code by then.
    took[side] = { list: await timed(() => works[side].list(url), served, store), retry: await timed(() => works[side].retry(url), served, store) };
    for (const work of ['list', 'retry']) times[side][work].push(took[side][work]);
    await stop(served);
    await stop(store);
  }
  for (const work of ['list', 'retry']) results[work].push({ ms: took.board[work].ms / took.ours[work].ms, cpu: took.board[work].cpu / took.ours[work].cpu });
}

for (const work of ['list', 'retry']) {
  for (const [what, unit] of [['ms', 'ms'], ['cpu', 'ms of processor, Redis\'s included']]) {
    const of = side => median(times[side][work].map(t => t[what])).toFixed(0);
    console.log(`${work} of ${jobs}: ours ${of('ours')}, bull-board ${of('board')} ${unit}: ratio ${median(results[work].map(r => r[what])).toFixed(1)} (${results[work].map(r => r[what].toFixed(1)).join(' ')})`);
  }
}

if (process.argv.includes('--memory')) {
  const store = await redis(7836);
  console.error('filling a queue with 1,000,000 jobs');
  const Redis = createRequire(new URL('../tests/peers/package.json', import.meta.url))('ioredis');
  const client = new Redis(7836, '127.0.0.1');
  await client.hset('bull:big:meta', 'version', 'bullmq:6.7.0', 'opts.maxLenEvents', '10000');
  for (let n = 0; n < 1_000_000; n += 5000) {
    const pipe = client.pipeline();
    for (let k = n + 1; k <= n + 5000; k++) {
      pipe.hset(`bull:big:${k}`, 'name', 'send', 'data', `{"to":"user${k}@example.com","note":"${'x'.repeat(60)}"}`, 'opts', '{"attempts":1}', 'timestamp', 1.7e12 + k, 'delay', 0, 'priority', 0,
        'processedOn', 1.7e12 + k + 1, 'finishedOn', 1.7e12 + k + 2, 'atm', 1, 'failedReason', `connect ETIMEDOUT 10.0.0.${k % 250}:25`, 'stacktrace', '["Error: connect ETIMEDOUT\\n    at x (y.js:1:1)"]');
      pipe.zadd('bull:big:failed', 1.7e12 + k + 2, k);
    }
    await pipe.exec();
  }
  const served = await server(7837, 7836);
  const url = 'http://127.0.0.1:7837';
  for (let at = 0; at < 1_000_000; at += 50_000) await json('GET', `${url}/api/queues/big/jobs?state=failed&start=${at}&end=${at + 1000}`);
  const whole = await fetch(`${url}/api/admin/jobs?queue=big&status=failed&limit=100000`);
  let bytes = 0;
  for await (const piece of whole.body) bytes += piece.length;
  await json('GET', `${url}/api/search?type=payload&queue=big&q=user999999@`);
  await json('GET', `${url}/api/flows`);
  await json('GET', `${url}/api/queues`);
  const retried = await json('POST', `${url}/api/queues/big/retry`, '{"state":"failed"}');
  const status = readFileSync(`/proc/${served.pid}/status`, 'utf8');
  console.log(`memory at 1,000,000 jobs, after pages, a list of 100,000 (${(bytes / 1e6).toFixed(0)} MB), a search, flows and a retry of ${retried.data.retried}: ${(Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024).toFixed(0)} MB at the most`);
  client.disconnect();
  await stop(served);
  await stop(store);
}
process.exit(0);
