// An about_ page as the plain text that Get-Help shows: 80 columns, headings in capitals, everything under them indented.
import { PageError, toBlocks } from './markdown.mjs';

const width = 80;
const indent = '    ';

export function toHelpText(text, name) {
  const [title, ...blocks] = toBlocks(text);
  if (title?.kind !== 'heading' || title.level !== 1 || title.text !== name) throw new PageError(1, `the first line is not "# ${name}"`);
  if (blocks[0]?.kind !== 'heading' || blocks[0].text !== 'Short description') throw new PageError(title.line + 1, 'the first section is not "## Short description"');
  const out = ['TOPIC', indent + name];
  let previous = 'paragraph';
  for (const block of blocks) {
    if (!(block.kind === 'item' && previous === 'item') && previous !== 'heading2') out.push('');
    out.push(...render(block));
    previous = block.kind === 'heading' && block.level === 2 ? 'heading2' : block.kind;
  }

  return out.join('\n') + '\n';
}

function render(block) {
  switch (block.kind) {
    case 'heading':
      return [block.level === 2 ? block.text.toUpperCase() : indent + block.text];
    case 'item':
      return wrap(block.text, indent + '- ', indent + '  ');
    case 'code':
      return block.text.split('\n').map(line => (line === '' ? '' : indent + indent + line));
    case 'table':
      return table(block);
    default:
      return wrap(block.text, indent, indent);
  }
}

function wrap(text, first, next) {
  const lines = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = next;
      empty = true;
    }

    line += (empty ? '' : ' ') + word;
    empty = false;
  }

  return [...lines, line];
}

// Columns as wide as their widest cell; the last one wraps in what is left.
function table({ rows, line }) {
  const [head, ...body] = rows;
  const widths = head.slice(0, -1).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)));
  const before = row => indent + widths.map((size, column) => row[column].padEnd(size) + '  ').join('');
  const left = before(head).length;
  const last = Math.max(...rows.map(row => (row[widths.length] ?? '').length));
  if (left > width / 2 + 12 && left + last > width) throw new PageError(line, 'the first columns of this table are too wide for 80 columns');
  if (rows.some(row => row.length !== head.length)) throw new PageError(line, 'a row of this table has another number of cells');
  const rule = indent + widths.map(size => '-'.repeat(size) + '  ').join('') + '-'.repeat(head.at(-1).length);
  return [before(head) + head.at(-1), rule, ...body.flatMap(row => wrap(row.at(-1), before(row), ' '.repeat(left)))];
}
