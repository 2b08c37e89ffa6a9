// Lines with ANSI colours as an SVG picture of a terminal.

const palette = ['#1e222a', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d7dae0'];
const bright = ['#7f848e', '#ff7b86', '#b5e890', '#ffd68a', '#7fc1ff', '#e08bff', '#6fd3de', '#ffffff'];
const back = '#1e222a';
const fore = '#d7dae0';
const cell = { width: 8.4, height: 18 };
const margin = 14;
const columnsOfPictures = /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u;

/** The pieces of a line that look the same, each with the column it begins in. The style goes on to the next line. */
function pieces(line, style) {
  const found = [];
  let column = 0;
  for (const [, codes, other, text] of line.matchAll(/\x1b\[([0-9;]*)m|(\x1b[\[(][^a-zA-Z]*[a-zA-Z])|([^\x1b]+)/g)) {
    if (text !== undefined) {
      const columns = [...text].reduce((sum, c) => sum + (columnsOfPictures.test(c) ? 2 : 1), 0);
      found.push({ ...style, column, columns, text });
      column += columns;
    } else if (other === undefined) {
      apply(style, (codes || '0').split(';').map(Number));
    }
  }
  return found;
}

function apply(style, codes) {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) Object.assign(style, { fore: undefined, back: undefined, bold: false, underline: false, reverse: false, dim: false });
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.reverse = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.reverse = false;
    else if (code >= 30 && code < 38) style.fore = palette[code - 30];
    else if (code === 39) style.fore = undefined;
    else if (code >= 40 && code < 48) style.back = palette[code - 40];
    else if (code === 49) style.back = undefined;
    else if (code >= 90 && code < 98) style.fore = bright[code - 90];
    else if (code >= 100 && code < 108) style.back = bright[code - 100];
    else if ((code === 38 || code === 48) && codes[i + 1] === 5) { style[code === 38 ? 'fore' : 'back'] = indexed(codes[i + 2]); i += 2; }
    else if ((code === 38 || code === 48) && codes[i + 1] === 2) { style[code === 38 ? 'fore' : 'back'] = `rgb(${codes.slice(i + 2, i + 5)})`; i += 4; }
  }
}

function indexed(n) {
  if (n < 8) return palette[n];
  if (n < 16) return bright[n - 8];
  if (n >= 232) return `rgb(${Array(3).fill(8 + 10 * (n - 232))})`;
  const level = v => v && 55 + 40 * v;
  return `rgb(${[Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6].map(level)})`;
}

const escape = text => text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

/** The picture. */
export function toSvg(lines, columns, title) {
  const width = Math.round(columns * cell.width + 2 * margin);
  const height = Math.round(lines.length * cell.height + 2 * margin);
  const style = {};
  const parts = [];
  lines.forEach((line, row) => {
    const top = margin + row * cell.height;
    for (const piece of pieces(line, style)) {
      const left = (margin + piece.column * cell.width).toFixed(1);
      const length = (piece.columns * cell.width).toFixed(1);
      const [ink, paper] = piece.reverse ? [piece.back ?? back, piece.fore ?? fore] : [piece.fore ?? fore, piece.back];
      if (paper) parts.push(`<rect x="${left}" y="${top}" width="${length}" height="${cell.height}" fill="${paper}"/>`);
      if (!piece.text.trim()) continue;
      const looks = [ink === fore ? '' : ` fill="${ink}"`, piece.bold ? ' font-weight="bold"' : '', piece.underline ? ' text-decoration="underline"' : '', piece.dim ? ' opacity=".7"' : ''].join('');
      parts.push(`<text x="${left}" y="${top + 13.5}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${looks}>${escape(piece.text)}</text>`);
    }
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<title>${escape(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${back}"/>
<g font-family="ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${fore}" xml:space="preserve">
${parts.join('\n')}
</g>
</svg>
`;
}
