// A Redis of the demo's own, on a free port of the loopback address and a folder that goes with it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const freePort = () => new Promise((resolve, reject) => {
  const server = createServer().on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const answers = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
  socket.on('data', reply => { socket.destroy(); resolve(String(reply).startsWith('+PONG')); });
  socket.on('error', () => resolve(false));
});

/** Starts it and waits until it answers. */
export async function startRedis() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'jobadmin-demo-'));
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction' };
  // A group of its own: Ctrl+C at the terminal is meant for the command that runs there, not for the server.
  const server = spawn('redis-server', Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]), { detached: true, stdio: 'ignore' });
  const stop = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  let failure;
  server.on('error', error => { failure = error; });
  server.on('exit', code => { failure ??= new Error(`redis-server ended with exit code ${code}`); });
  for (let tries = 0; tries < 100 && !failure; tries++) {
    if (await answers(port)) return { port, stop };
    await sleep(50);
  }
  stop();
  throw failure ?? new Error('redis-server does not answer');
}
