// Writes dist/cjs: the library for whoever cannot load ES modules (Jest, Node.js without require(esm)), and its types for
// CommonJS. Called by build.mjs after tsc. docs/decisions.md says who gets which.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundleCommonJs } from './bundle.mjs';

process.chdir(dirname(import.meta.dirname));
const { exports: entries } = JSON.parse(readFileSync('package.json', 'utf8'));
const outputs = Object.values(entries)
  .filter(({ require }) => require)
  .map(({ import: esm, require: cjs }) => ({ esm, cjs }));

const nameOf = ({ cjs }) => /([\w-]+)\.cjs$/.exec(cjs.default)[1];
const sourceOf = ({ esm }) => esm.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts');
const output = await bundleCommonJs(Object.fromEntries(outputs.map((entry) => [nameOf(entry), sourceOf(entry)])));
for (const { esm, cjs } of outputs) writeFileSync(cjs.types, declarations(esm.types, cjs.types));
// Our own modules find each other by import.meta, which a bundle must not have lost.
const lost = output.find(({ code }) => /import\.meta/.test(code ?? ''));
if (lost) throw new Error(`${lost.fileName} still has import.meta`);

/**
 * Returns the declarations of an entry point for CommonJS. They refer to those of the ES modules, so that a class is the
 * same type in both, as it is the same value.
 */
function declarations(file, types) {
  const source = relative(dirname(types), file.replace(/\.d\.ts$/, '.js'));
  const lines = [`import type * as esm from '${source}' with { 'resolution-mode': 'import' };`];
  for (const [name, { isValue, isType, parameters }] of exported(file)) {
    const all = parameters && `<${parameters}>`;
    const names = parameters && `<${parameters.split(',').map(firstWord).join(', ')}>`;
    if (isValue) lines.push(`export declare const ${name}: typeof esm.${name};`);
    if (isType) lines.push(`export type ${name}${all} = esm.${name}${names};`);
  }
  return `${lines.join('\n')}\n`;
}

/** Returns what a declaration file exports, by name: its own declarations, and names from other files. */
function exported(file) {
  const text = readFileSync(file, 'utf8');
  const found = new Map();
  const own = /^export (?:declare )?(?:abstract )?(interface|type|class|const|function) (\w+)(?:<([^(=>]+)>)?/gm;
  for (const [, kind, name, parameters = ''] of text.matchAll(own)) {
    const isValue = kind === 'class' || kind === 'const' || kind === 'function';
    const isType = kind !== 'const' && kind !== 'function';
    found.set(name, { isValue, isType, parameters: isType ? parameters : '' });
  }
  for (const [, typeOnly, list, from] of text.matchAll(/^export (type )?\{([^}]*)\} from '([^']+)';/gm)) {
    const others = exported(join(dirname(file), from.replace(/\.tsx?$/, '.d.ts')));
    for (const item of list.split(',').filter((part) => part.trim() !== '')) {
      const name = item.trim().replace(/^type /, '');
      const other = others.get(name);
      if (!other) throw new Error(`${file}: cannot find what ${name} is`);
      found.set(name, { ...other, isValue: other.isValue && !typeOnly && item.trim() === name });
    }
  }
  return found;
}

function firstWord(parameter) {
  return parameter.trim().split(' ', 1)[0];
}
