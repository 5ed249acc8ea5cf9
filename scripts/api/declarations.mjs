// Reads the public API from declaration files: what each entry point exports, with its documentation and members.
// Parses just enough TypeScript for tsc's regular output.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * @typedef {{ text: string, tags: { name: string, text: string }[] }} Doc
 * @typedef {{ name: string, doc: Doc, code: string }} Member
 * @typedef {{ name: string, kind: string, doc: Doc, code: string, members: Member[], parents: string[], file: string }} Symbol
 */

/** Returns the symbols that a declaration file exports, including re-exports. */
export function readEntry(file) {
  const symbols = [];
  const text = readFileSync(file, 'utf8');
  for (const [, names, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';$/gm)) {
    const source = join(dirname(file), from.replace(/\.ts$/, '.d.ts'));
    for (const item of names.split(',')) {
      const name = item.trim().replace(/^type /, '');
      if (name) symbols.push(find(source, name));
    }
  }
  for (const statement of statements(text)) if (isExported(statement)) symbols.push(describe(statement, file, text));
  for (const symbol of symbols) symbol.file = relative(dirname(file), symbol.file);
  return { doc: packageDoc(text), symbols };
}

function find(file, name) {
  const text = readFileSync(file, 'utf8');
  const statement = statements(text).find((candidate) => isExported(candidate) && nameOf(candidate.code) === name);
  if (statement) return describe(statement, file, text);
  const elsewhere = sourceOf(name, 'export', file, text);
  if (elsewhere) return find(elsewhere, name);
  throw new Error(`${file} does not declare ${name}`);
}

/** Returns the project file that a name is imported or re-exported from. */
function sourceOf(name, verb, file, text) {
  const from = new RegExp(`^${verb} (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from '(\\.[^']+)'`, 'm').exec(text);
  return from && join(dirname(file), from[1].replace(/\.ts$/, '.d.ts'));
}

function isExported({ code }) {
  return /^export (declare |interface |type \w|abstract )/.test(code) && !/^export declare (global|module)/.test(code);
}

function nameOf(code) {
  return /^(?:export )?(?:declare )?(?:abstract )?(?:class|function|const|interface|type) (\w+)/.exec(code)?.[1];
}

function describe({ doc, code }, file, text) {
  const kind = /\b(class|function|const|interface|type)\b/.exec(code)[1];
  const members = kind === 'class' || kind === 'interface' ? membersOf(code) : [];
  const head = members.length > 0 ? code.slice(0, bodyStart(code) - 1) : '';
  const parents = /\bextends (.+?)(?: implements .+)?$/s.exec(head.trim())?.[1].split(/, (?![^<]*>)/) ?? [];
  const foreign = parents.filter((parent) => !inherit(members, /^\w+/.exec(parent)[0], file, text));
  return { name: nameOf(code), kind, doc, code: dedent(code), members, parents: foreign, file };
}

/** Adds the members inherited from a parent; returns false if the parent is not declared in this project. */
function inherit(members, parent, file, text) {
  // An interface beside the class need not be exported.
  const here = statements(text).find(({ code }) => nameOf(code) === parent);
  const source = sourceOf(parent, 'import', file, text);
  if (!here && !source) return false;
  const own = new Set(members.map(({ name }) => name));
  const inherited = here ? describe(here, file, text) : find(source, parent);
  members.push(...inherited.members.filter(({ name }) => !own.has(name)));
  return true;
}

function membersOf(code) {
  const body = code.slice(bodyStart(code), code.lastIndexOf('}'));
  return statements(body)
    .filter(({ code: member, doc }) => !/^(#private|private|protected)\b/.test(member) && !hasTag(doc, 'internal'))
    .map(({ doc, code: member }) => ({ name: memberName(member), doc, code: dedent(member) }));
}

/** Returns where the body begins: after the first brace that is not part of a type argument. */
function bodyStart(code) {
  let angles = 0;
  for (let i = 0; i < code.length; i++) {
    if (code[i] === '<') angles += 1;
    if (code[i] === '>') angles -= 1;
    if (code[i] === '{' && angles === 0) return i + 1;
  }
  throw new Error(`No body found in ${code}`);
}

function memberName(code) {
  const plain = code.replace(/^(?:(?:readonly|static|get|set|abstract|override|declare) )+/, '');
  return /^(\[[\w.]+\]|'[^']+'|[\w$]+|\()/.exec(plain)?.[1] ?? '';
}

export const hasTag = (doc, name) => doc.tags.some((tag) => tag.name === name);

/** Splits a text into statements, each with the comment before it. Assumes that strings contain no brackets. */
function statements(text) {
  const found = [];
  let doc = '';
  let start = -1;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.startsWith('/*', i)) {
      const end = text.indexOf('*/', i) + 2;
      if (start < 0) doc = text.slice(i, end);
      i = end - 1;
      continue;
    }
    if (start < 0 && /\s/.test(text[i])) continue;
    if (start < 0) start = i;
    if ('{(['.includes(text[i])) depth += 1;
    if ('})]'.includes(text[i])) depth -= 1;
    const block =
      text[i] === '}' &&
      /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|global|module|namespace)\b/.test(
        text.slice(start, i),
      );
    if (depth === 0 && (text[i] === ';' || (block && text[i + 1] !== '>'))) {
      found.push({ doc: parseDoc(doc), code: text.slice(start, i + 1) });
      start = -1;
      doc = '';
    }
  }
  return found;
}

function packageDoc(text) {
  const comment = /^\/\*\*.*?\*\//s.exec(text)?.[0] ?? '';
  return comment.includes('@packageDocumentation') ? parseDoc(comment) : { text: '', tags: [] };
}

/** Returns the text of a documentation comment and its tags. */
function parseDoc(comment) {
  const lines = comment
    .replace(/^\/\*\*?|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const doc = { text: '', tags: [] };
  let fenced = false;
  for (const line of lines) {
    const tag = fenced ? null : /^\s*@(\w+)\s?(.*)$/.exec(line);
    if (line.trimStart().startsWith('```')) fenced = !fenced;
    if (tag) doc.tags.push({ name: tag[1], text: tag[2] });
    else if (doc.tags.length > 0) doc.tags.at(-1).text += `\n${line}`;
    else doc.text += `\n${line}`;
  }
  // `@default` may also follow a sentence on the same line.
  const inline = /\s@default (.*)$/s.exec(doc.text);
  if (inline) {
    doc.text = doc.text.slice(0, inline.index);
    doc.tags.push({ name: 'default', text: inline[1] });
  }
  doc.text = trim(doc.text);
  for (const tag of doc.tags) tag.text = trim(tag.text);
  return doc;
}

function trim(text) {
  return text.trim().replace(/\{@link ([^}]+)\}/g, '`$1`');
}

function dedent(code) {
  const lines = code.split('\n');
  const indent = Math.min(
    ...lines
      .slice(1)
      .filter((line) => line.trim())
      .map((line) => /^ */.exec(line)[0].length),
    99,
  );
  const rest = lines.slice(1).map((line) => line.slice(indent));
  return [lines[0], ...rest].join('\n');
}
