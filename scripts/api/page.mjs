// Writes the API of one entry point as a Markdown page.
import { hasTag } from './declarations.mjs';

const KINDS = [
  ['Functions', 'function', 'const'],
  ['Classes', 'class'],
  ['Types', 'interface', 'type'],
];

export function page(entry, { doc, symbols }) {
  const parts = [`# ${entry}`, '<!-- Made by scripts/api-docs.mjs from the docstrings. -->', doc.text];
  for (const [title, ...kinds] of KINDS) {
    const group = symbols.filter(({ kind }) => kinds.includes(kind)).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (group.length > 0) parts.push(`## ${title}`, ...group.flatMap(section));
  }
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function section(symbol) {
  const { name, kind, doc, members, parents } = symbol;
  const heading = `### ${name}`;
  if (kind === 'class') return [heading, ...documented(doc), ...members.flatMap((member) => method(name, member))];
  if (kind !== 'interface') return [heading, ...documented(doc, symbol.code.replace(/^export (declare )?/, ''))];
  if (!members.every(isField)) return [heading, ...documented(doc, symbol.code.replace(/^export /, ''))];
  const inherited = parents.map((parent) => `\`${parent}\``).join(', ');
  return [heading, ...documented(doc), inherited && `Has everything of ${inherited}, and:`, fields(members)];
}

function method(owner, { name, code: text, doc }) {
  if (!doc.text) return [];
  const title = name === 'constructor' ? `new ${owner}` : `${text.startsWith('static ') ? `${owner}.` : ''}${name}`;
  return [`#### ${title}`, ...documented(doc, text)];
}

/** A text, the signature, what is said of parameters and errors, the examples. */
function documented(doc, signature) {
  const list = [];
  for (const { name, text } of doc.tags) {
    if (name === 'param')
      list.push(`- \`${text.replace(/^(\S+)(?:\s+-)?\s+/, '$1` – ').replace(/`@default` /g, 'Default: ')}`);
    if (name === 'returns') list.push(`- returns ${text}`);
    if (name === 'throws') list.push(`- throws ${text}`);
    if (name === 'default') list.push(`- default: ${code(text)}`);
  }
  const examples = doc.tags.filter(({ name }) => name === 'example').map(({ text }) => text);
  return [doc.text, signature && codeBlock(signature), list.join('\n').replace(/\n(?!- )/g, ' '), ...examples];
}

const isField = ({ name, code: text }) => /^\w+$/.test(name) && /^(?:readonly )?\w+\??:/.test(text);

function fields(members) {
  const rows = members.map(({ name, doc, code: text }) => {
    const [, optional, type] = /^(?:readonly )?\w+(\?)?:\s*(.*);$/s.exec(text);
    const preset = doc.tags.find((tag) => tag.name === 'default');
    const words = `${doc.text}${preset ? ` Default: ${code(preset.text)}.` : ''}`;
    return `| \`${name}${optional ?? ''}\` | ${cell(`\`${type.replace(/\s+/g, ' ')}\``)} | ${cell(words)} |`;
  });
  return ['| | | |', '|---|---|---|', ...rows].join('\n');
}

const cell = (text) => text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');

/** A default that is a value becomes code; one in words stays. */
const code = (text) => (/^(true|false|Infinity|[\d_.]+|'.*'|\[.*\]|\{.*\})$/.test(text) ? `\`${text}\`` : text);

const codeBlock = (text) => `\`\`\`ts\n${text}\n\`\`\``;

/** Every example of an entry point, with the name it belongs to. */
export function examples({ symbols }) {
  const found = [];
  const add = (name, doc) => {
    for (const tag of doc.tags) {
      const source = tag.name === 'example' && /```ts\n(.*?)```/s.exec(tag.text)?.[1];
      if (source) found.push({ name, source });
    }
  };
  for (const symbol of symbols) {
    if (hasTag(symbol.doc, 'internal')) continue;
    add(symbol.name, symbol.doc);
    for (const member of symbol.members) add(`${symbol.name}.${member.name}`, member.doc);
  }
  return found;
}
