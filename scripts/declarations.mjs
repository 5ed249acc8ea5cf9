// Writes the declarations of the library into dist/: those that its entry points reach, and no others.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

process.chdir(dirname(import.meta.dirname));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });

const { exports: entries } = JSON.parse(readFileSync('package.json', 'utf8'));
const reached = new Set(Object.values(entries).flatMap(({ import: esm }) => (esm ? [join(esm.types)] : [])));
for (const file of reached) {
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    reached.add(join(dirname(file), name.replace(/\.[jt]sx?$/, '.d.ts')));
  }
}
const missing = [...reached].filter((file) => !existsSync(file));
if (missing.length > 0) throw new Error(`declarations are missing: ${missing.join(', ')}`);
const all = readdirSync('dist', { recursive: true, withFileTypes: true });
for (const entry of all.reverse()) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
  else if (entry.isDirectory() && readdirSync(path).length === 0) rmdirSync(path);
}
