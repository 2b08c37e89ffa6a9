#!/usr/bin/env node
// node tools/pictures.mjs [name...] : makes the pictures of docs/images from a real terminal: the demo's application, the staged module, pwsh in tmux.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { toSvg } from './pictures/svg.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'docs', 'images');
const staged = join(root, 'output', 'JobAdmin');
const manifest = join(staged, readdirSync(staged).sort().at(-1), 'JobAdmin.psd1');

/** What to type, when to look, and how large the screen is. Keys are sent after the screen shows `until`. */
const pictures = {
  retry: {
    width: 100, height: 48, type: [
      'Get-JobQueue', 'Get-JobFailure',
      'Get-Job -State failed -Reason *503* | Invoke-JobRetry -PassThru | Group-Object Status -NoElement',
    ], until: /Retried/, alt: 'Queues, failures grouped by their reason, and a retry of one kind of them',
  },
  watch: { width: 110, height: 18, type: ['Watch-JobQueue -Interval 1s'], until: /quit/, keys: ['j'], wait: 12_000, alt: 'All queues on one screen' },
  flow: { width: 100, height: 24, type: ['Get-JobFlow -Queue deep-research'], until: /report/, alt: 'Flows as trees' },
  events: { width: 100, height: 30, type: ['Watch-JobEvent -Count 14 -From 2s'], until: /(.*\n){16}/, wait: 6000, alt: 'Events as they happen' },
  progress: {
    width: 100, height: 12, type: ['Get-Job -Queue file-process -State failed -Reason *ENOENT* | Invoke-JobRetry -Throttle 1'], until: /a second/, wait: 2000,
    alt: 'A throttled retry with its progress bar',
  },
};

const tmux = (...args) => execFileSync('tmux', ['-L', `jobadmin-pictures-${process.pid}`, '-f', '/dev/null', ...args], { encoding: 'utf8' });
const screen = () => tmux('capture-pane', '-p', '-t', 's');

async function shows(pattern) {
  for (let tries = 0; tries < 600; tries++) {
    if (pattern.test(screen())) return;
    await sleep(100);
  }
  throw new Error(`the screen never had ${pattern}:\n${screen()}`);
}

async function type(line) {
  tmux('send-keys', '-t', 's', '-l', line);
  tmux('send-keys', '-t', 's', 'Enter');
}

async function take(name, address) {
  const { width, height, type: lines, until, keys = [], wait = 1000, alt } = pictures[name];
  tmux('new-session', '-d', '-s', 's', '-x', `${width}`, '-y', `${height}`, 'pwsh', '-NoProfile', '-NoLogo');
  try {
    await shows(/PS /);
    await type(`Set-PSReadLineOption -PredictionSource None; Import-Module '${manifest}'; [void](Connect-JobServer ${address} -Name demo -Timeout 60)`);
    await type("function prompt { 'PS> ' }; Clear-Host");
    await shows(/^PS>\s*$/);
    for (const line of lines) {
      await type(line);
      await sleep(line === lines.at(-1) ? 0 : 3000);
    }
    await shows(until);
    for (const key of keys) tmux('send-keys', '-t', 's', key);
    await sleep(wait);
    const text = tmux('capture-pane', '-e', '-p', '-t', 's').replace(/\n+$/, '').replace(/\n(?:\x1b\[[0-9;]*m)*PS>\s*(?:\x1b\[[0-9;]*m)*\s*$/, '').replace(/\s+$/, '');
    writeFileSync(join(target, `${name}.svg`), toSvg(text.split('\n'), width, alt));
    console.log(`docs/images/${name}.svg`);
  } finally {
    tmux('kill-server');
  }
}

mkdirSync(target, { recursive: true });
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(pictures);
for (const name of wanted) {
  // Each picture has an application of its own, fresh from its night.
  const app = spawn('node', [join(root, 'demo', 'app.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const address = await new Promise((resolve, reject) => {
      app.stdout.on('data', text => { const ready = /ready (\S+)/.exec(text); if (ready) resolve(ready[1]); });
      app.on('exit', () => reject(new Error('the application ended early')));
    });
    await take(name, address);
  } finally {
    app.removeAllListeners('exit');
    app.stdin.end();
  }
}
