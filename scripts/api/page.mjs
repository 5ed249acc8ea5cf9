// Renders the API of one entry point as a Markdown page.
import { hasTag } from './declarations.mjs';

const KINDS = [
  ['Functions', 'function', 'const'],
  ['Classes', 'class'],
  ['Types', 'interface', 'type'],
];

export const NOTE = '<!-- Generated from the docstrings by scripts/api-docs.mjs. -->';

/** Renders a page of symbols: functions, then classes, then types. */
export function page({ title, doc, symbols }) {
  const parts = [`# ${title}`, NOTE, doc?.text];
  for (const [heading, ...kinds] of KINDS) {
    const group = symbols.filter(({ kind }) => kinds.includes(kind)).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (group.length > 0) parts.push(`## ${heading}`, ...group.flatMap(section));
  }
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function section(symbol) {
  const { name, kind, doc, members, parents } = symbol;
  const heading = `### ${name}`;
  if (kind === 'class') {
    const known = members.filter((member) => member.doc.text);
    const rest = known.filter((member) => !isSmall(member)).flatMap((member) => method(name, member));
    return [heading, ...documented(doc), smallMembers(known.filter(isSmall)), ...rest];
  }
  if (kind !== 'interface') return [heading, ...documented(doc, symbol.code.replace(/^export (declare )?/, ''))];
  if (!members.every(isField)) return [heading, ...documented(doc, symbol.code.replace(/^export /, ''))];
  const inherited = parents.map((parent) => `\`${parent}\``).join(', ');
  return [heading, ...documented(doc), inherited && `Extends ${inherited} with:`, fields(members)];
}

/** Returns whether a member and its documentation fit into one table row. */
function isSmall({ code: text, doc }) {
  return !flat(text).includes('\n') && !doc.text.includes('\n\n') && doc.tags.length === 0;
}

function smallMembers(members) {
  if (members.length === 0) return '';
  const rows = members.map(
    ({ code: text, doc }) => `| ${cell(`\`${flat(text).replace(/;$/, '')}\``)} | ${cell(doc.text)} |`,
  );
  return ['| | |', '|---|---|', ...rows].join('\n');
}

function method(owner, { name, code: text, doc }) {
  const title = name === 'constructor' ? `new ${owner}` : `${text.startsWith('static ') ? `${owner}.` : ''}${name}`;
  return [`#### ${title}`, ...documented(doc, text)];
}

/** Returns the description, the signature, the parameters and errors, and the examples. */
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
  return [doc.text, signature && shown(flat(signature)), list.join('\n').replace(/\n(?!- )/g, ' '), ...examples];
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

/** Formats a default as code if it is a value; a default in words stays as it is. */
const code = (text) => (/^(true|false|Infinity|[\d_.]+|'.*'|\[.*\]|\{.*\})$/.test(text) ? `\`${text}\`` : text);

/** Puts a type with one field on one line if it fits. */
const flat = (text) => {
  const joined = text.replace(/\{\n\s+([^\n]+);\n\s*\}/g, '{ $1 }');
  return joined.length <= 120 ? joined : text;
};

const shown = (signature) => (signature.includes('\n') ? `\`\`\`ts\n${signature}\n\`\`\`` : `\`${signature}\``);

/** Returns every example of an entry point with the name of its symbol. */
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
