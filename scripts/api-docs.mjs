// Generates docs/api/ from the docstrings of the public API.
//
//   node scripts/api-docs.mjs          writes the pages
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEntry } from './api/declarations.mjs';
import { page } from './api/page.mjs';

const ROOT = dirname(import.meta.dirname);

/** The entry points of the package, and where the declarations of each begin. */
export const ENTRIES = {
  tsexpose: 'index.d.ts',
  'tsexpose/express': 'middleware/express.d.ts',
  'tsexpose/fastify': 'middleware/fastify.d.ts',
  'tsexpose/hono': 'middleware/hono.d.ts',
};

/** What each entry point exports. */
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

/** The pages by file name. */
export function apiPages(api) {
  const pages = Object.entries(api).map(([name, entry]) => [`${name.replace('/', '-')}.md`, page(name, entry)]);
  const links = Object.keys(api).map((name) => `- [\`${name}\`](${name.replace('/', '-')}.md)`);
  const index = ['# API', '<!-- Made by scripts/api-docs.mjs from the docstrings. -->', links.join('\n')].join('\n\n');
  return Object.fromEntries([['README.md', `${index}\n`], ...pages]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(ROOT, 'docs/api'), { recursive: true });
  for (const [file, text] of Object.entries(apiPages(readApi()))) writeFileSync(join(ROOT, 'docs/api', file), text);
}
