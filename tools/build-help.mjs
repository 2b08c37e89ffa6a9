// node build-help.mjs PAGES OUT : builds the help that Get-Help reads from the Markdown pages in PAGES (help/en-US).
// The page of each cmdlet goes into OUT/JobAdmin.dll-Help.xml (MAML), each about_ page to OUT/about_<topic>.help.txt.
// The form of the pages is strict, and anything that does not fit it stops the build; see docs/help.md.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePage, PageError } from './help/page.mjs';
import { toMaml } from './help/maml.mjs';
import { toHelpText } from './help/about.mjs';

const [pages, out] = process.argv.slice(2);
if (!pages || !out) {
  console.error('usage: node build-help.mjs PAGES OUT');
  process.exit(2);
}

const files = readdirSync(pages).filter(name => name.endsWith('.md')).sort();
const errors = [];
const read = (name, convert) => {
  try {
    return convert(readFileSync(join(pages, name), 'utf8'), name.slice(0, -'.md'.length));
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    errors.push(`${join(pages, name)}(${error.line}): error: ${error.message}`);
    return null;
  }
};

const topics = new Map(files.filter(name => name.startsWith('about_')).map(name => [name.replace(/md$/, 'help.txt'), read(name, toHelpText)]));
const commands = files.filter(name => !name.startsWith('about_')).map(name => read(name, parsePage));
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}

mkdirSync(out, { recursive: true });
for (const name of readdirSync(out)) {
  if (name.endsWith('.help.txt') && !topics.has(name)) rmSync(join(out, name));
}

writeFileSync(join(out, 'JobAdmin.dll-Help.xml'), toMaml(commands));
for (const [name, text] of topics) writeFileSync(join(out, name), text);
