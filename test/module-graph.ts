import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Tracked files below some directories, relative to the project. */
export function trackedFiles(...directories: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', ...directories], { cwd: root, encoding: 'utf8' });
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** What a module imports: files of the project by their path, packages by their name. */
export interface Imports {
  /** Loaded with the module. */
  atOnce: string[];
  /** Loaded by an `import()` when it is needed. */
  later: string[];
  /** Everything it names: the above, and what only its types need. */
  all: string[];
}

/** The imports of each TypeScript module below `src`. */
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
  const all = code.matchAll(/(?:\bfrom\s+|\bimport\(|^import\s+)'([^']+)'/gm);
  return { atOnce: [...atOnce].map(resolve), later: [...later].map(resolve), all: [...all].map(resolve) };
}

/** All that is loaded at once with a module. */
export function loadedWith(start: string, graph: Map<string, Imports>): Set<string> {
  const loaded = new Set([start]);
  for (const path of loaded) for (const next of graph.get(path)?.atOnce ?? []) loaded.add(next);
  return loaded;
}

/** The groups of nodes that can reach each other: the circles of a graph. */
export function circles(graph: Map<string, Iterable<string>>): string[][] {
  const reach = (start: string) => {
    const found = new Set<string>();
    const open = [...(graph.get(start) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...(graph.get(next) ?? []));
    }
    return found;
  };
  const reached = new Map([...graph.keys()].map((node) => [node, reach(node)]));
  const inCircle = [...graph.keys()].filter((node) => reached.get(node)!.has(node));
  const groups = inCircle.map((node) => inCircle.filter((other) => reached.get(node)!.has(other)).sort());
  return [...new Map(groups.map((group) => [group.join(), group])).values()];
}
