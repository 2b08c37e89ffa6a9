// node sbom.mjs ROOT MODULE : writes MODULE/sbom.cdx.json, a CycloneDX list of everything in the staged module that others made: the packages
// whose libraries it holds, with the hashes of their lock files, and the versions of BullMQ whose scripts are embedded.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const [root, module] = process.argv.slice(2).map(path => resolve(path));
const json = file => JSON.parse(readFileSync(file, 'utf8'));
const version = basename(module);
const shipped = readdirSync(join(module, 'bin'), { recursive: true }).filter(name => name.endsWith('.dll')).map(name => `bin/${name.replaceAll('\\', '/')}`).sort();
const stems = new Map(shipped.map(file => [basename(file, '.dll').toLowerCase(), file]));

// A package by what its lock file says; the one that was used when the feed had only an older client lies in obj.
function locked() {
  const packages = new Map();
  for (const project of readdirSync(join(root, 'src'))) {
    const file = [join(root, 'src', project, 'packages.lock.json'), join(root, 'src', project, 'obj', 'packages.lock.json')]
      .filter(existsSync).find((path, at, all) => at === (process.env.StackExchangeRedisVersion ? all.length - 1 : 0));
    for (const frameworks of file ? Object.values(json(file).dependencies) : []) {
      for (const [name, entry] of Object.entries(frameworks)) {
        if (entry.type !== 'Project' && entry.resolved) packages.set(name.toLowerCase(), { name, version: entry.resolved, hash: entry.contentHash, uses: Object.keys(entry.dependencies ?? {}) });
      }
    }
  }
  return packages;
}

const licence = { 'polly.core': 'BSD-3-Clause' };
const packages = [...locked().values()].filter(({ name }) => stems.has(name.toLowerCase()));
const nuget = packages.map(({ name, version, hash }) => ({
  type: 'library', 'bom-ref': `pkg:nuget/${name}@${version}`, name, version, purl: `pkg:nuget/${name}@${version}`,
  licenses: [{ license: { id: licence[name.toLowerCase()] ?? 'MIT' } }],
  ...hash && { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] },
}));
const peers = json(join(root, 'tests/peers/package-lock.json')).packages;
const scripts = ['bullmq', 'bullmq5', 'bullmq4'].map(folder => {
  const { version, integrity } = peers[`node_modules/${folder}`];
  const [alg, content] = integrity.split(/-(.*)/s);
  return {
    type: 'library', 'bom-ref': `pkg:npm/bullmq@${version}`, name: 'bullmq', version, purl: `pkg:npm/bullmq@${version}`, description: 'Lua scripts, embedded in JobAdmin.Client.dll',
    licenses: [{ license: { id: 'MIT' } }], hashes: [{ alg: alg.replace('sha', 'SHA-'), content: Buffer.from(content, 'base64').toString('hex') }],
  };
});
const known = new Set(packages.map(({ name }) => name.toLowerCase()));
const strangers = shipped.filter(file => !basename(file).startsWith('JobAdmin.') && !known.has(basename(file, '.dll').toLowerCase()));
if (strangers.length) throw new Error(`no lock file knows ${strangers.join(', ')}`);

const components = [...nuget, ...scripts];
const reference = name => components.find(c => c.name.toLowerCase() === name.toLowerCase())?.['bom-ref'];
const bom = {
  bomFormat: 'CycloneDX', specVersion: '1.5', version: 1,
  metadata: {
    component: {
      type: 'application', 'bom-ref': `pkg:nuget/JobAdmin@${version}`, name: 'JobAdmin', version, licenses: [{ license: { id: 'MIT' } }],
      components: shipped.filter(file => basename(file).startsWith('JobAdmin.')).map(file => ({
        type: 'file', name: file, hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(join(module, file))).digest('hex') }],
      })),
    },
  },
  components,
  dependencies: [
    { ref: `pkg:nuget/JobAdmin@${version}`, dependsOn: components.map(c => c['bom-ref']) },
    ...packages.map(({ name, uses }) => ({ ref: reference(name), dependsOn: uses.map(reference).filter(Boolean) })),
  ],
};
writeFileSync(join(module, 'sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
console.log(`sbom.cdx.json: ${nuget.length} packages, ${scripts.length} versions of BullMQ's scripts`);
