// A cmdlet's page as data, or an error that says where it breaks the form.
import { PageError, toBlocks } from './markdown.mjs';
import { parseSyntax } from './syntax.mjs';

export { PageError };

const sections = ['Syntax', 'Description', 'Examples', 'Parameters', 'Inputs', 'Outputs', 'Notes', 'Links'];
const longestLine = 84;
const facts = ['Type', 'Required', 'Position', 'Default', 'Pipeline', 'Wildcards'];

export function parsePage(text, name) {
  const blocks = toBlocks(text);
  const [title, synopsis] = blocks;
  if (title?.kind !== 'heading' || title.level !== 1 || title.text !== name) throw new PageError(1, `the first line is not "# ${name}"`);
  if (synopsis?.kind !== 'paragraph') throw new PageError(title.line + 1, 'the synopsis is missing: one paragraph under the title');
  const parts = split(blocks.slice(2), 2);
  parts.forEach((part, index) => {
    if (part.title !== sections[index]) throw new PageError(part.line, `"## ${part.title}" stands where "## ${sections[index] ?? '(nothing)'}" belongs`);
    if (part.blocks.length === 0) throw new PageError(part.line, `"## ${part.title}" is empty`);
  });
  if (parts.length !== sections.length) throw new PageError(blocks.at(-1).line, `"## ${sections[parts.length]}" is missing`);
  const [syntax, description, examples, parameters, inputs, outputs, notes, links] = parts;
  const page = {
    name,
    synopsis: synopsis.text,
    syntax: readSyntax(syntax, name),
    description: readText(description),
    examples: split(examples.blocks, 3).map(readExample),
    parameters: split(parameters.blocks, 3).map(readParameter),
    inputs: readTypes(inputs),
    outputs: readTypes(outputs),
    notes: readText(notes),
    links: links.blocks.map(readLink),
  };
  if (page.examples.length < 3) throw new PageError(examples.line, 'fewer than three examples');
  checkParameters(page, syntax.line);
  return page;
}

// Blocks under headings of one level; nothing may stand before the first.
function split(blocks, level) {
  const parts = [];
  for (const block of blocks) {
    if (block.kind === 'heading' && block.level === level) {
      parts.push({ title: block.text, line: block.line, blocks: [] });
    } else if (block.kind === 'heading' && block.level < level || parts.length === 0) {
      throw new PageError(block.line, `a heading of level ${level} is missing before this`);
    } else {
      parts.at(-1).blocks.push(block);
    }
  }

  return parts;
}

function readText(part) {
  const wrong = part.blocks.find(block => block.kind !== 'paragraph' && block.kind !== 'item');
  if (wrong) throw new PageError(wrong.line, `only paragraphs and lists may stand under "${part.title}"`);
  return part.blocks.map(block => (block.kind === 'item' ? `- ${block.text}` : block.text));
}

function readSyntax(part, name) {
  const [code, ...more] = part.blocks;
  if (code.kind !== 'code' || more.length > 0) throw new PageError(part.line, '"## Syntax" is one code block');
  return code.text.split('\n\n').map(line => {
    const parameters = parseSyntax(line, name);
    if (!parameters) throw new PageError(code.line, `this is no syntax of ${name}: ${line}`);
    return parameters;
  });
}

function readExample(part) {
  const [code, ...rest] = part.blocks;
  if (code?.kind !== 'code' || code.language !== 'powershell') throw new PageError(part.line, 'an example begins with a block of powershell');
  if (!['', 'norun'].includes(code.info)) throw new PageError(code.line, `"${code.info}" means nothing here; "norun" keeps an example from being tested`);
  const long = code.text.split('\n').find(line => line.length > longestLine);
  if (long) throw new PageError(code.line, `this line has more than ${longestLine} columns: ${long}`);
  const output = rest[0]?.kind === 'code' && rest[0].language === 'output' ? rest.shift() : null;
  const remarks = readText({ ...part, blocks: rest });
  if (remarks.length === 0) throw new PageError(part.line, 'an example ends with words on what it does');
  return { title: part.title, code: output ? `${code.text}\n\n${output.text}` : code.text, remarks };
}

function readParameter(part) {
  const name = /^-([A-Za-z]+)$/.exec(part.title)?.[1];
  if (!name) throw new PageError(part.line, `"${part.title}" is no parameter`);
  const table = part.blocks.at(-1);
  const description = readText({ ...part, blocks: part.blocks.slice(0, -1) });
  if (table?.kind !== 'code' || table.language !== 'yaml') throw new PageError(part.line, `-${name} does not end with a block of yaml`);
  if (description.length === 0) throw new PageError(part.line, `-${name} is not described`);
  const given = Object.fromEntries(table.text.split('\n').map(line => line.split(/: (.*)/)));
  const known = [...facts, 'Aliases'];
  const wrong = facts.find(fact => !given[fact]) ?? Object.keys(given).find(fact => !known.includes(fact));
  if (wrong) throw new PageError(table.line, `-${name}: "${wrong}" is missing or not known`);
  return {
    name, description, type: given.Type, required: given.Required === 'True', position: given.Position.toLowerCase(),
    default: given.Default, pipeline: given.Pipeline, wildcards: given.Wildcards === 'True', aliases: given.Aliases ?? 'none',
  };
}

function readTypes(part) {
  return split(part.blocks, 3).map(type => ({ name: type.title, description: readText(type) }));
}

function readLink(block) {
  const link = block.kind === 'item' && /^\[([^\]]+)\]\(([^)]+)\)$/.exec(block.raw);
  if (!link) throw new PageError(block.line, '"## Links" is a list of links');
  return { text: link[1], uri: /^https?:/.test(link[2]) ? link[2] : '' };
}

// PowerShell's own syntax may leave out a parameter that shares its position with another, but has none that there isn't.
function checkParameters(page, line) {
  const documented = new Set(page.parameters.map(parameter => parameter.name));
  for (const { name } of page.syntax.flat()) {
    if (!documented.has(name)) throw new PageError(line, `-${name} is in the syntax and not described`);
  }
}
