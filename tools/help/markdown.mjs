// The little Markdown that the help pages use: headings, paragraphs, lists, fenced code and (in about_ pages) tables.

export class PageError extends Error {
  constructor(line, message) {
    super(message);
    this.line = line;
  }
}

/** Splits a page into blocks: {kind: heading|paragraph|item|code|table, line, ...}. */
export function toBlocks(text) {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks = [];
  let at = 0;
  const last = () => blocks[blocks.length - 1];
  while (at < lines.length) {
    const line = lines[at];
    const number = at + 1;
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    const heading = /^(#{1,6}) (\S.*)$/.exec(line);
    const item = /^- (\S.*)$/.exec(line);
    if (fence) {
      const end = lines.findIndex((other, index) => index > at && other === '```');
      if (end < 0) throw new PageError(number, 'this code block is not closed');
      blocks.push({ kind: 'code', line: number, language: fence[1], info: fence[2], text: lines.slice(at + 1, end).join('\n') });
      at = end;
    } else if (heading) {
      blocks.push({ kind: 'heading', line: number, level: heading[1].length, text: plain(heading[2]) });
    } else if (item) {
      blocks.push({ kind: 'item', line: number, raw: item[1] });
    } else if (line.startsWith('|')) {
      const cells = line.split(/(?<!\\)\|/).slice(1, -1).map(cell => plain(cell.trim().replaceAll('\\|', '|')));
      if (last()?.kind === 'table' && last().end === at) {
        if (!cells.every(cell => /^:?-+:?$/.test(cell))) last().rows.push(cells);
        last().end = at + 1;
      } else {
        blocks.push({ kind: 'table', line: number, rows: [cells], end: at + 1 });
      }
    } else if (line.trim() !== '') {
      const follows = at > 0 && lines[at - 1].trim() !== '' && ['paragraph', 'item'].includes(last()?.kind);
      if (follows) last().raw += ' ' + line.trim();
      else if (/^\s/.test(line)) throw new PageError(number, 'an indented line that continues nothing');
      else blocks.push({ kind: 'paragraph', line: number, raw: line });
    }

    at++;
  }

  for (const block of blocks) {
    if (block.raw !== undefined) block.text = plain(block.raw);
  }

  return blocks;
}

/** Text without marks: code spans keep their content, links their words. */
export function plain(text) {
  return text
    .split(/(`[^`]+`)/)
    .map(part => (part.startsWith('`') && part.length > 1
      ? part.slice(1, -1)
      : part.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replace(/\*\*([^*]+)\*\*/g, '$1').replace(/\\([\\`*_[\]<>#|])/g, '$1')))
    .join('');
}
