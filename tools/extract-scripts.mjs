// node extract-scripts.mjs PEERS OWN OUT : writes the Lua that BullMQ's npm packages ship (already flattened by BullMQ's own build)
// to OUT/<major>/<script>-<keys>.lua, one folder a version, with each package's licence and number beside it. The scripts in OWN are ours and
// take shared functions from the package with lines `--- @include "name"` (`@include?` where a version may lack it): they are
// flattened for each version to OUT/<major>/<script>.lua.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [peers, own, out] = process.argv.slice(2).map(p => resolve(p));
const require = createRequire(join(peers, 'package.json'));

// Only what the client calls: the rest stays in the packages.
const wanted = {
  6: { folder: 'bullmq', scripts: ['reprocessJob-9', 'promote-9', 'moveJobsToWait-8', 'removeJob-2', 'pause-7', 'changePriority-7', 'changeDelay-4', 'updateData-1',
    'updateProgress-3', 'addLog-2', 'addStandardJob-9', 'addDelayedJob-6', 'addPrioritizedJob-9', 'addParentJob-6',
    'releaseParentIfNoPendingDependencies-2', 'addJobScheduler-11', 'removeJobScheduler-3', 'moveJobFromActiveToWait-9', 'cleanJobsInSet-3',
    'obliterate-2', 'getRateLimitTtl-2', 'removeDeduplicationKey-1'] },
  5: { folder: 'bullmq5', scripts: ['reprocessJob-8', 'promote-9', 'moveJobsToWait-8', 'removeJob-2', 'pause-7', 'changePriority-7', 'changeDelay-4', 'updateData-1',
    'updateProgress-3', 'addLog-2', 'addStandardJob-9', 'addDelayedJob-6', 'addPrioritizedJob-9', 'addParentJob-6', 'addJobScheduler-11',
    'removeJobScheduler-3', 'removeRepeatable-3', 'moveJobFromActiveToWait-9', 'cleanJobsInSet-3', 'obliterate-2'] },
  4: { folder: 'bullmq4', scripts: ['reprocessJob-6', 'promote-7', 'removeJob-1', 'pause-5', 'cleanJobsInSet-2', 'updateData-1',
    'updateProgress-3'] },
};

// Each function once, before its first use, as BullMQ's own build does it.
function flatten(text, includes, seen) {
  return text.replace(/^[ \t]*--- @include(\??) "(?:includes\/)?(\w+)"[ \t]*$/gm, (_, optional, name) => {
    if (seen.has(name)) return '';
    seen.add(name);
    const file = join(includes, `${name}.lua`);
    if (!existsSync(file)) {
      if (optional) return '';
      throw new Error(`no ${name} in ${includes}`);
    }
    return flatten(readFileSync(file, 'utf8'), includes, seen);
  });
}

// Marks where a script's own functions end, unless something before looks at keys or arguments: a loop over ids then makes the functions once.
function markMain(text) {
  const last = [...text.matchAll(/^local (?:function |\w+ = function)[^]*?^end.*\n/gm)].at(-1);
  if (!last) return text;
  const end = last.index + last[0].length;
  const code = text.slice(0, end).replace(/--\[\[[^]*?\]\]|--.*$/gm, '');
  return /\b(?:KEYS|ARGV)\b/.test(code) ? text : `${text.slice(0, end)}-- main\n${text.slice(end)}`;
}

for (const [major, { folder, scripts }] of Object.entries(wanted)) {
  const home = join(peers, 'node_modules', folder);
  const target = join(out, major);
  mkdirSync(target, { recursive: true });
  for (const script of scripts) {
    const loaded = require(join(home, 'dist/cjs/scripts', `${script}.js`));
    const [{ content, keys }] = Object.values(loaded);
    if (keys !== Number(script.split('-')[1])) throw new Error(`${folder} ${script}: the package says ${keys} keys`);
    writeFileSync(join(target, `${script}.lua`), markMain(content));
  }
  for (const file of readdirSync(own).filter(f => f.endsWith('.lua'))) {
    writeFileSync(join(target, file), flatten(readFileSync(join(own, file), 'utf8'), join(home, 'dist/cjs/commands/includes'), new Set()));
  }
  writeFileSync(join(target, 'version'), require(join(home, 'package.json')).version);
  const licence = readdirSync(home).find(f => /^licen[sc]e/i.test(f));
  if (licence) writeFileSync(join(target, 'LICENSE'), readFileSync(join(home, licence)));
}
writeFileSync(join(out, 'scripts.stamp'), '');
