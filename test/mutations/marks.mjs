// The security rules of the sources, read from the marks that stand directly above them:
//
//   // rule: a request has at most one Host
//   if (hosts > 1) return badRequest('The request has more than one Host header.');
//
// A mark covers the statement, property, or element that follows it. Without the rule, the condition of an `if` is
// false, and anything else is gone. Where that would say nothing, the mark says what stands there instead, on the same
// line, or on lines of their own for several mutations:
//
//   // rule: chunked comes only once — mutate: encodings > 1 => false
//   if (encodings > 1 || !framing.chunked) return badRequest('The only Transfer-Encoding allowed is "chunked", once.');
//
//   // rule: another user or another device is another caller
//   // mutate: a.userId === b.userId && =>
//   // mutate: && a.node?.id === b.node?.id =>
//   return a.userId === b.userId && a.node?.id === b.node?.id;
//
// A statement may carry several rules.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TESTS } from './tests.mjs';

const ROOT = dirname(dirname(import.meta.dirname));
const MARKS = /^(?:[ \t]*\/\/ rule: .+\n(?:[ \t]*\/\/ mutate: .+\n)*)+/gm;

/** Every mutation as `{ rule, file, line, at, take, put, tests }`: it puts `put` where `take` stands at `at`. */
export function loadMutations() {
  const files = execFileSync('git', ['grep', '-l', '-E', '// (rule|mutate): ', '--', 'src/*.ts', 'src/*.tsx'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return files
    .trim()
    .split('\n')
    .flatMap((file) => {
      const tests = (rule) => testsOf(file, rule);
      return marksOf(readFileSync(`${ROOT}/${file}`, 'utf8'), file).flatMap(({ rule, mutations, ...place }) =>
        mutations.map((mutation) => ({ rule, file, ...place, ...mutation, tests: tests(rule) })),
      );
    });
}

/**
 * The marks of a source.
 *
 * @returns {{ rule: string, line: number, at: number, mutations: { take: string, put: string }[] }[]}
 */
export function marksOf(source, file = 'source') {
  const marks = [...source.matchAll(MARKS)].flatMap(({ 0: block, index }) => {
    const at = index + block.length;
    const line = source.slice(0, at).split('\n').length;
    const code = source.slice(at, endOf(source, at));
    const where = `${file}:${line}`;
    if (/^\s*\/[/*]/.test(code)) throw new Error(`${where}: a comment stands between the mark and its code`);
    return rulesOf(block).map(({ rule, changes }) => ({
      rule,
      line,
      at,
      mutations: changes.length > 0 ? changes.map((change) => changed(code, change, where)) : [withoutRule(code)],
    }));
  });
  const stray = source.replaceAll(MARKS, '').match(/\/\/ (?:rule|mutate): .*/);
  if (stray) throw new Error(`${file}: expected "${stray[0]}" on a line of its own, next to its rule`);
  return marks;
}

/** The rules of a block of comments, each with its `mutate` lines. */
function rulesOf(block) {
  return block
    .replaceAll(' — mutate: ', '\n// mutate: ')
    .split(/^[ \t]*\/\/ rule: /m)
    .slice(1)
    .map((text) => {
      const [rule, ...lines] = text.trimEnd().split('\n');
      return { rule: rule.trim(), changes: lines.map((line) => line.replace(/^[ \t]*\/\/ mutate: /, '')) };
    });
}

/** The tests that have to notice: those that the table names for the rule, or else for its file. */
function testsOf(file, rule) {
  const names = TESTS[`${file}: ${rule}`] ?? TESTS[file] ?? [];
  return names.map((name) => {
    const [path, only] = name.split(':');
    return { file: `test/${path}.test.ts`, only };
  });
}

function changed(code, change, where) {
  const [, take, put = ''] = /^(.+?) =>(?: (.*))?$/.exec(change) ?? [];
  if (take === undefined) throw new Error(`${where}: expected "mutate: TEXT => REPLACEMENT", got ${change}`);
  if (code.split(take).length !== 2) throw new Error(`${where}: expected ${JSON.stringify(take)} once below the mark`);
  return { take: code, put: code.replace(take, () => put.trim()) };
}

function withoutRule(code) {
  const condition = /^(\s*(?:\} else )?if )\(/.exec(code);
  if (!condition) return { take: code, put: '' };
  const from = condition[0].length;
  return { take: code, put: `${condition[1]}(false${code.slice(closing(code, from))}` };
}

/** Where the statement, property or element that begins at `at` ends: after its line, once its brackets are closed. */
function endOf(source, at) {
  let depth = 0;
  for (let i = at; i < source.length; ) {
    const skipped = skipText(source, i);
    if (skipped > i) {
      i = skipped;
      continue;
    }
    const char = source[i];
    if ('([{'.includes(char)) depth++;
    if (')]}'.includes(char)) depth--;
    i++;
    if (depth < 0) return i - 1;
    if (char !== '\n' || depth > 0 || !/[;,}]\s*$/.test(source.slice(at, i))) continue;
    if (!/^\s*else\b/.test(source.slice(i))) return i;
  }
  return source.length;
}

/** Where the bracket closes that was opened just before `from`. */
function closing(code, from) {
  let depth = 1;
  for (let i = from; i < code.length; ) {
    const skipped = skipText(code, i);
    if (skipped > i) {
      i = skipped;
      continue;
    }
    if (code[i] === '(') depth++;
    if (code[i] === ')' && --depth === 0) return i;
    i++;
  }
  return code.length;
}

/** The end of a string, a comment or a regular expression that begins at `i`; `i` where none does. */
function skipText(code, i) {
  const rest = code.slice(i);
  const match =
    /^(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.exec(rest) ??
    (/[=(,!&|?:]\s*$/.test(code.slice(0, i)) && /^\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//.exec(rest));
  return match ? i + match[0].length : i;
}
