// The security rules of the sources, read from the marks that stand above them:
//
//   // rule: a request has one Host
//   if (hosts > 1) return bad('The request has more than one Host.');
//
// A mark covers the statement, property, or element that follows it. Without the rule, the condition of an `if` is
// false, and anything else is gone. Where that would say nothing, the mark says what stands there instead:
//
//   // rule: names are compared without regard to case
//   // mutate: name.toLowerCase() => name
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TESTS } from './tests.mjs';

const ROOT = dirname(dirname(import.meta.dirname));
const MARK = /^[ \t]*(?:\/\/|#) rule: (.+)\n((?:[ \t]*\/\/.*\n)*)/gm;

/** Every rule as `{ rule, file, line, take, put, tests }`: without it, `put` stands where `take` stood in the file. */
export function loadMutations() {
  const files = execFileSync('git', ['grep', '-l', '-E', '// rule: ', '--', 'src/*.ts', 'src/*.tsx'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return files
    .trim()
    .split('\n')
    .flatMap((file) => marksOf(readFileSync(`${ROOT}/${file}`, 'utf8')).map((mark) => ({ file, ...mark })))
    .map((mark) => ({ ...mark, tests: testsOf(mark) }));
}

/**
 * The marks of a source.
 *
 * @returns {{ rule: string, line: number, at: number, take: string, put: string }[]}
 */
export function marksOf(source) {
  return [...source.matchAll(MARK)].flatMap((match) => {
    const at = match.index + match[0].length;
    const rule = match[1].trim();
    const line = source.slice(0, at).split('\n').length;
    const code = source.slice(at, endOf(source, at));
    const changes = [...match[2].matchAll(/^[ \t]*\/\/ mutate: (.*?) => ?(.*)$/gm)];
    if (changes.length === 0) return [{ rule, line, at, ...withoutRule(code) }];
    return changes.map(([, take, put], i) => ({
      rule: changes.length > 1 ? `${rule} (${i + 1})` : rule,
      line,
      at,
      ...replaced(code, take, put.trim(), `${rule}, line ${line}`),
    }));
  });
}

/** The tests that have to notice: those that the table names for the rule, or else for its file. */
function testsOf({ file, rule }) {
  const [names = []] = [TESTS[`${file}: ${rule}`] ?? TESTS[file]];
  return names.map((name) => {
    const [path, only] = name.split(':');
    return { file: `test/${path}.test.ts`, only };
  });
}

function replaced(code, take, put, where) {
  if (code.split(take).length !== 2) throw new Error(`${where}: expected ${JSON.stringify(take)} once below the mark`);
  return { take: code, put: code.replace(take, () => put) };
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
    if (char === '\n' && depth === 0 && /[;,}]\s*$/.test(source.slice(at, i))) return i;
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
