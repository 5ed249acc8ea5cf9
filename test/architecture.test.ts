import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { circles, loadedWith, moduleGraph, readText, trackedFiles } from './module-graph.ts';

const graph = moduleGraph();
const modules = [...graph.keys()];

/** Which rooms a room may import, types included, besides itself; docs/architecture.md has the picture. */
const MAY_IMPORT: Record<string, string[]> = {
  native: ['identity'],
  identity: [],
  tailnet: ['native', 'identity'],
  access: ['identity'],
  proxy: ['access', 'identity'],
  expose: ['tailnet', 'access', 'identity', 'proxy'],
  middleware: ['access', 'identity', 'tailnet'],
  'control-socket': ['identity'],
  sandbox: [],
  chat: ['tailnet', 'identity'],
  ui: ['control-socket', 'chat', 'identity'],
  cli: ['ui', 'expose', 'control-socket', 'sandbox', 'chat', 'tailnet', 'native', 'access', 'identity', 'proxy'],
  bin: ['cli', 'commands'],
  commands: ['cli', 'ui', 'expose', 'control-socket', 'sandbox', 'chat', 'tailnet'],
  index: ['expose', 'tailnet', 'identity', 'access', 'middleware', 'sandbox', 'proxy'],
};

/** What every room may import. */
const SHARED = [
  'src/errors.ts',
  'src/events.ts',
  'src/installation.ts',
  'src/package-root.ts',
  'src/platform-package.ts',
  'src/platforms.ts',
  'src/problems.ts',
  'src/proc.ts',
  'src/token-bucket.ts',
  'src/undici.ts',
];

/** Folders that may have more files of their own than the others: one language's package each. */
const LARGE_FOLDERS = ['src/native/go', 'src/sandbox/go/control'];
const MOST_FILES = 16;
/** A file that is shorter than this and has one importer belongs into it. */
const FEWEST_LINES = 15;

/** Words that the design retires (docs/decisions.md); `instance` alone, since `instanceof` is JavaScript's. */
const RETIRED =
  /\b(nobody|somebody|whoever|under way|for ever|it is said|visitors?|(?<!in )fronts?(?!-end)|(?<!type )instances?(?!\.)|examinations?)\b/gi;

/** The room that a module belongs to: its folder below src, or its own name for the entry point. */
function roomOf(path: string): string {
  const [, first = '', second] = path.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

const ownImports = (path: string) => graph.get(path)!.all.filter((target) => target.startsWith('src/'));

describe('a room', () => {
  it.each(Object.entries(MAY_IMPORT))('%s imports only what it may, types included', (room, allowed) => {
    const strays = modules
      .filter((path) => roomOf(path) === room)
      .flatMap((path) => ownImports(path).map((target) => [path, target] as const))
      .filter(([, target]) => !SHARED.includes(target) && roomOf(target) !== room && !allowed.includes(roomOf(target)))
      .map(([path, target]) => `${path} → ${target}`);
    expect(strays).toEqual([]);
  });

  it('is in the table', () => {
    const rooms = new Set(modules.filter((path) => !SHARED.includes(path)).map(roomOf));
    expect([...rooms].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });
});

describe('a folder', () => {
  it('imports no folder that imports it, types included', () => {
    // A file at the top of src is a room of its own.
    const folderOf = (path: string) => (dirname(path) === 'src' ? path : dirname(path));
    const folders = new Map<string, Set<string>>();
    for (const path of modules) {
      const targets = folders.get(folderOf(path)) ?? new Set();
      for (const target of ownImports(path)) if (folderOf(target) !== folderOf(path)) targets.add(folderOf(target));
      folders.set(folderOf(path), targets);
    }
    expect(circles(folders)).toEqual([]);
  });

  it(`has at most ${MOST_FILES} files of its own`, () => {
    const counts = new Map<string, number>();
    // Go has its tests beside the code.
    for (const path of trackedFiles('src').filter((file) => !file.endsWith('_test.go')))
      counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    const full = [...counts].filter(([folder, count]) => count > MOST_FILES && !LARGE_FOLDERS.includes(folder));
    expect(full).toEqual([]);
  });
});

describe('modules', () => {
  it('do not import each other in circles, types included', () => {
    expect(circles(new Map(modules.map((path) => [path, ownImports(path)])))).toEqual([]);
  });

  it(`have ${FEWEST_LINES} lines, or several importers`, () => {
    const importers = (path: string) => modules.filter((other) => graph.get(other)!.all.includes(path));
    const short = modules.filter((path) => readText(path).trimEnd().split('\n').length < FEWEST_LINES);
    expect(short.filter((path) => importers(path).length === 1)).toEqual([]);
  });

  it('load the addon in one place', () => {
    const loaders = modules.filter((path) => /require\([^)]*\.node['"`]|dlopen\(/.test(readText(path)));
    expect(loaders).toEqual(['src/native/loader.ts']);
  });

  it('are found by the test', () => {
    expect(graph.get('src/expose/join.ts')!.atOnce).toContain('src/tailnet/tailnet.ts');
    expect(graph.get('src/cli/run/run-exposure.ts')!.later).toContain('src/expose/expose.ts');
    expect(graph.get('src/access/policy.ts')!.all).toContain('src/identity/identity.ts');
    expect(
      circles(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual([['b', 'c']]);
  });
});

describe('views', () => {
  const views = modules.filter((path) => path.startsWith('src/ui/'));

  it('take values and give text: no files, no sockets, no process', () => {
    const packages = views.flatMap((path) => graph.get(path)!.atOnce.filter((target) => !target.startsWith('src/')));
    expect([...new Set(packages)].sort()).toEqual(['ink', 'node:util', 'react', 'string-width', 'uqr']);
    expect(views.filter((path) => /\bprocess\./.test(readText(path)))).toEqual([]);
  });
});

describe('the start', () => {
  // Half of all command lines are --help, --version and mistakes.
  it('loads neither the addon nor what draws and proxies before they are needed', () => {
    const heavy = ['ink', 'react', 'undici', 'ws', 'src/native/loader.ts'];
    for (const entry of ['src/bin.ts', ...modules.filter((path) => path.startsWith('src/commands/'))]) {
      const loaded = loadedWith(entry, graph);
      expect({ entry, loads: heavy.filter((name) => loaded.has(name)) }).toEqual({ entry, loads: [] });
    }
  });
});

describe('a file', () => {
  it('has at most 300 lines', () => {
    const sources = trackedFiles('src', 'test', 'bin', 'scripts', 'bench').filter((path) =>
      /\.([cm]?[jt]sx?|go|cc|h|html|css)$/.test(path),
    );
    const long = sources.filter((path) => readText(path).trimEnd().split('\n').length > 300);
    expect(long).toEqual([]);
    expect(sources.length).toBeGreaterThan(100);
  });

  it('says nothing in the words that were retired', () => {
    // The sandbox has an option by this name.
    const said = (path: string) =>
      readText(path).replace(/\bvisitor\b/gi, (word) => (/^(src|docs)\/sandbox/.test(path) ? '' : word));
    const files = [...trackedFiles('src', 'docs'), 'README.md'].filter((path) => !path.startsWith('docs/api/'));
    const texts = files.filter((path) => /\.(tsx?|js|go|cc|h|html|css|md)$/.test(path));
    const found = texts.flatMap((path) => (said(path).match(RETIRED) ?? []).map((word) => `${path}: ${word}`));
    expect(found).toEqual([]);
  });

  it('has a name in kebab-case that says what it is about', () => {
    const names = trackedFiles('src').map((path) => path.replace(/^.*\//, ''));
    expect(names.filter((name) => !/^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => /^(utils?|helpers?|common|misc)\./.test(name))).toEqual([]);
  });
});
