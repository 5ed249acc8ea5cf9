// Generates docs/api/ from the docstrings of the public API:
//
//   node scripts/api-docs.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEntry } from './api/declarations.mjs';
import { NOTE, page } from './api/page.mjs';
import { byTopic } from './api/topics.mjs';

const ROOT = dirname(import.meta.dirname);

/** The package's entry points and their declaration files. */
export const ENTRIES = {
  tsexpose: 'index.d.ts',
  'tsexpose/express': 'middleware/express.d.ts',
  'tsexpose/fastify': 'middleware/fastify.d.ts',
  'tsexpose/hono': 'middleware/hono.d.ts',
};

/** Returns what each entry point exports. */
export function readApi() {
  const directory = mkdtempSync(join(tmpdir(), 'tsexpose-api-'));
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json'));
  const args = [
    join(dirname(tsc), 'bin/tsc'),
    '-p',
    'tsconfig.build.json',
    '--emitDeclarationOnly',
    '--outDir',
    directory,
  ];
  try {
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    return Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, readEntry(join(directory, file))]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Returns the pages by file name. */
export function apiPages({ tsexpose, ...others }) {
  const pages = [
    ...byTopic(tsexpose.symbols).map((topic) => ({ ...topic, doc: '' })),
    ...Object.entries(others).map(([name, entry]) => ({ file: `${name.replace('/', '-')}.md`, title: name, ...entry })),
  ];
  const rows = pages.map(({ file, title, symbols }) => `| [${title}](${file}) | ${namesOf(symbols)} |`);
  const index = ['# API', NOTE, tsexpose.doc.text, ['| | |', '|---|---|', ...rows].join('\n')].join('\n\n');
  return Object.fromEntries([['README.md', `${index}\n`], ...pages.map((each) => [each.file, page(each)])]);
}

function namesOf(symbols) {
  const names = symbols.filter(({ kind }) => ['class', 'function', 'const'].includes(kind)).map(({ name }) => name);
  return [...new Set(names.length > 0 ? names : symbols.map(({ name }) => name))]
    .map((name) => `\`${name}\``)
    .join(', ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = apiPages(readApi());
  rmSync(join(ROOT, 'docs/api'), { recursive: true, force: true });
  mkdirSync(join(ROOT, 'docs/api'));
  for (const [file, text] of Object.entries(pages)) writeFileSync(join(ROOT, 'docs/api', file), text);
}
