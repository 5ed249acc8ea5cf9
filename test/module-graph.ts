import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Returns the tracked files below some directories, relative to the project. */
export function trackedFiles(...directories: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', ...directories], { cwd: root, encoding: 'utf8' });
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** What a module imports at run time: project files by path, packages by name. */
export interface Imports {
  /** Loaded with the module. */
  atOnce: string[];
  /** Loaded with `import()` when needed. */
  later: string[];
}

/** Returns the run-time imports of each TypeScript module below `src`, without `import type`. */
export function moduleGraph(): Map<string, Imports> {
  const modules = trackedFiles('src').filter((path) => /\.tsx?$/.test(path));
  return new Map(modules.map((path) => [path, importsOf(path)]));
}

function importsOf(path: string): Imports {
  const code = readText(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const resolve = ([, name]: RegExpMatchArray) =>
    name!.startsWith('.') ? normalize(join(dirname(path), name!)) : name!;
  const atOnce = code.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^;'"]*?\sfrom\s+)?'([^']+)'/gm);
  const later = code.matchAll(/\bimport\('([^']+)'\)/g);
  return { atOnce: [...atOnce].map(resolve), later: [...later].map(resolve) };
}

/** Returns everything that is loaded together with a module. */
export function loadedWith(start: string, graph: Map<string, Imports>): Set<string> {
  const loaded = new Set([start]);
  for (const path of loaded) for (const next of graph.get(path)?.atOnce ?? []) loaded.add(next);
  return loaded;
}
