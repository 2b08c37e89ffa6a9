// PowerShell's own notation of a parameter set, as Get-Command -Syntax prints it.

/** The parameters of one set, or null when the text is none: [{name, type, required, position}]. */
export function parseSyntax(text, command) {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (!flat.startsWith(`${command} `)) return null;
  let rest = flat.slice(command.length).trim();
  const parameters = [];
  let position = 0;
  while (rest !== '' && rest !== '[<CommonParameters>]') {
    const match = /^(\[?)(\[?)-([A-Za-z]+)(\]?)(?: <([^>]+)>)?(\]?)(?: |$)/.exec(rest);
    if (!match) return null;
    const [whole, outer, inner, name, innerEnd, type, outerEnd] = match;

    // [[-A] <t>] and [-A] <t> have a position, [-A <t>] and -A <t> don't; a switch closes its bracket right after the name.
    const positional = innerEnd === ']' && type !== undefined;
    const optional = positional ? inner === '[' : outer === '[';
    if (optional !== (outerEnd === ']' || innerEnd === ']' && type === undefined)) return null;
    parameters.push({ name, type: type ?? null, required: !optional, position: positional ? position++ : 'named' });
    rest = rest.slice(whole.length).trim();
  }

  return parameters;
}
