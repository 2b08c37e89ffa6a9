// Pages as MAML, the XML that Get-Help reads.

const repository = 'https://github.com/jobadmin/JobAdmin/blob/main/help/en-US';

export function toMaml(pages) {
  return `<?xml version="1.0" encoding="utf-8"?>
<helpItems schema="maml" xmlns="http://msh">
${pages.map(toCommand).join('\n')}
</helpItems>
`;
}

function toCommand(page) {
  const [verb, noun] = page.name.split('-');
  const byName = new Map(page.parameters.map(parameter => [parameter.name, parameter]));
  return `<command:command xmlns:maml="http://schemas.microsoft.com/maml/2004/10" xmlns:command="http://schemas.microsoft.com/maml/dev/command/2004/10" xmlns:dev="http://schemas.microsoft.com/maml/dev/2004/10" xmlns:MSHelp="http://msdn.microsoft.com/mshelp">
<command:details>
<command:name>${page.name}</command:name>
<command:verb>${verb}</command:verb>
<command:noun>${noun}</command:noun>
<maml:description>${paragraphs([page.synopsis])}</maml:description>
</command:details>
<maml:description>${paragraphs(page.description)}</maml:description>
<command:syntax>
${page.syntax.map(set => `<command:syntaxItem>
<maml:name>${page.name}</maml:name>
${set.map(place => toParameter({ ...byName.get(place.name), required: place.required, position: String(place.position) }, place.type)).join('\n')}
</command:syntaxItem>`).join('\n')}
</command:syntax>
<command:parameters>
${page.parameters.map(parameter => toParameter(parameter, parameter.type)).join('\n')}
</command:parameters>
<command:inputTypes>
${page.inputs.map(type => `<command:inputType><dev:type><maml:name>${escape(type.name)}</maml:name></dev:type><maml:description>${paragraphs(type.description)}</maml:description></command:inputType>`).join('\n')}
</command:inputTypes>
<command:returnValues>
${page.outputs.map(type => `<command:returnValue><dev:type><maml:name>${escape(type.name)}</maml:name></dev:type><maml:description>${paragraphs(type.description)}</maml:description></command:returnValue>`).join('\n')}
</command:returnValues>
<maml:alertSet><maml:alert>${paragraphs(page.notes)}</maml:alert></maml:alertSet>
<command:examples>
${page.examples.map((example, index) => `<command:example>
<maml:title>----- Example ${index + 1}: ${escape(example.title)} -----</maml:title>
<dev:code>${escape(example.code)}</dev:code>
<dev:remarks>${paragraphs([...example.remarks, ''])}</dev:remarks>
</command:example>`).join('\n')}
</command:examples>
<command:relatedLinks>
${[{ text: 'Online Version:', uri: `${repository}/${page.name}.md` }, ...page.links].map(link => `<maml:navigationLink><maml:linkText>${escape(link.text)}</maml:linkText><maml:uri>${escape(link.uri)}</maml:uri></maml:navigationLink>`).join('\n')}
</command:relatedLinks>
</command:command>`;
}

function toParameter(parameter, type) {
  const many = (type ?? '').endsWith('[]');
  const value = type === null || parameter.type === 'SwitchParameter'
    ? '' : `<command:parameterValue required="true" variableLength="${many}">${escape(type)}</command:parameterValue>`;
  return `<command:parameter required="${parameter.required}" variableLength="${many}" globbing="${parameter.wildcards}" pipelineInput="${pipeline(parameter.pipeline)}" position="${parameter.position}" aliases="${escape(parameter.aliases)}">
<maml:name>${parameter.name}</maml:name>
<maml:description>${paragraphs(parameter.description)}</maml:description>
${value}
<dev:type><maml:name>${escape(parameter.type)}</maml:name><maml:uri /></dev:type>
<dev:defaultValue>${escape(parameter.default)}</dev:defaultValue>
</command:parameter>`;
}

const pipeline = accepted => (accepted === 'False' ? 'False' : `True (${escape(accepted)})`);

const paragraphs = texts => texts.map(text => `<maml:para>${escape(text)}</maml:para>`).join('');

const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
