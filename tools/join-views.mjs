// Joins the views of formats/views and the types of formats/types, a file a type, to the two files that the manifest names: PowerShell loads
// two files sooner than forty, and sooner without what sets them in lines. Usage: node join-views.mjs FORMATS OUTPUT
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [formats, output] = process.argv.slice(2);
const parts = [['views', 'JobAdmin.Format.ps1xml', '<Configuration>\n  <ViewDefinitions>\n', '  </ViewDefinitions>\n</Configuration>\n'], ['types', 'JobAdmin.Types.ps1xml', '<Types>\n', '</Types>\n']];
mkdirSync(output, { recursive: true });
for (const [folder, name, head, tail] of parts) {
  const bodies = readdirSync(join(formats, folder)).filter(file => file.endsWith('.ps1xml')).sort().map(file => {
    const text = readFileSync(join(formats, folder, file), 'utf8');
    const [start, end] = [text.indexOf(head), text.lastIndexOf(tail)];
    if (start < 0 || end < start) throw new Error(`formats/${folder}/${file} is not laid out as its neighbours are: ${JSON.stringify(head)} … ${JSON.stringify(tail)}`);
    return text.slice(start + head.length, end);
  });
  const text = `${head}${bodies.join('')}${tail}`;
  writeFileSync(join(output, name), `<?xml version="1.0" encoding="utf-8"?>\n${text.replace(/>\s*\n\s*</g, '><')}`);
}
