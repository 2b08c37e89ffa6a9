// node guard.mjs FOLDER COMMAND ARGS... : runs a command until it ends or stdin does, whatever becomes of the one who started it, and deletes FOLDER at the end.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });

function end(code) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
}

child.on('error', error => { process.stderr.write(`${error.message}\n`); end(127); });
child.on('exit', code => end(code ?? 1));
const stop = () => child.kill('SIGKILL');
process.stdin.on('end', stop).on('error', stop).resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
