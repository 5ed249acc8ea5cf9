import { describe, expect, it } from 'vitest';
import { loadedWith, moduleGraph, readText, trackedFiles } from './module-graph.ts';

const graph = moduleGraph();
const modules = [...graph.keys()];

/** Which parts a part may import at run time, besides itself; docs/architecture.md has the picture. */
const MAY_IMPORT: Record<string, string[]> = {
  native: ['http'],
  identity: [],
  proxy: [],
  http: [],
  middleware: ['identity'],
  sandbox: [],
  chat: [],
  ui: [],
  instance: [],
  front: ['native', 'identity', 'proxy'],
  expose: ['front', 'native', 'identity', 'proxy'],
  index: ['expose', 'native', 'identity', 'proxy', 'http', 'middleware', 'sandbox', 'chat'],
  cli: ['ui', 'expose', 'front', 'instance', 'sandbox', 'chat', 'native', 'identity', 'proxy'],
  commands: ['cli', 'ui', 'expose', 'index', 'instance', 'sandbox', 'chat'],
};

/** What everything may import: errors, the checks of options, and the words and types that the parts share. */
const SHARED = [
  'src/errors.ts',
  'src/events.ts',
  'src/problems.ts',
  'src/tailnet/option-kind.ts',
  'src/identity/identity.ts',
  'src/tailnet/http/request.ts',
];

/** The part that a module belongs to: its directory, or for those at the top the thing that they are about. */
function partOf(path: string): string {
  const [, first = '', second] = path.split('/');
  if (second !== undefined) return first;
  return first === 'runtime-directory.ts' ? 'instance' : first.replace(/(-.*)?\.ts$/, '');
}

describe('a part', () => {
  it.each(Object.entries(MAY_IMPORT))('%s imports what it may and nothing else', (part, allowed) => {
    const strays = modules
      .filter((path) => partOf(path) === part)
      .flatMap((path) =>
        [...graph.get(path)!.atOnce, ...graph.get(path)!.later].map((target) => [path, target] as const),
      )
      .filter(([, target]) => target.startsWith('src/') && !SHARED.includes(target))
      .filter(([, target]) => partOf(target) !== part && !allowed.includes(partOf(target)))
      .map(([path, target]) => `${path} → ${target}`);
    expect(strays).toEqual([]);
  });

  it('is in the table', () => {
    const parts = new Set(modules.filter((path) => !SHARED.includes(path)).map(partOf));
    expect([...parts].filter((part) => !(part in MAY_IMPORT))).toEqual([]);
  });
});

describe('modules', () => {
  it('do not import each other in circles', () => {
    const circular = modules.filter((path) =>
      graph.get(path)!.atOnce.some((next) => loadedWith(next, graph).has(path)),
    );
    expect(circular).toEqual([]);
  });

  it('load the addon in one place', () => {
    const loaders = modules.filter((path) => /\.node['"`]|dlopen\(/.test(readText(path)));
    expect(loaders).toEqual(['src/native/binding.ts']);
  });

  it('are found by the test', () => {
    expect(graph.get('src/expose/join.ts')!.atOnce).toContain('src/tailnet/tailnet.ts');
    expect(graph.get('src/cli/run/run-exposure.ts')!.later).toContain('src/expose/expose.ts');
  });
});

describe('views', () => {
  const views = modules.filter((path) => path.startsWith('src/ui/'));

  it('take values and give text: no files, no sockets, no process', () => {
    const packages = views.flatMap((path) => graph.get(path)!.atOnce.filter((target) => !target.startsWith('src/')));
    expect([...new Set(packages)].sort()).toEqual(['ink', 'node:util', 'react']);
    expect(views.filter((path) => /\bprocess\./.test(readText(path)))).toEqual([]);
  });
});

describe('the start', () => {
  // Half of all command lines are --help, --version and mistakes.
  it('loads neither the addon nor what draws and proxies before they are needed', () => {
    const heavy = ['ink', 'react', 'undici', 'ws', 'src/native/binding.ts'];
    for (const entry of ['src/cli/main.ts', ...modules.filter((path) => path.startsWith('src/commands/'))]) {
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

  it('has a name in kebab-case that says what it is about', () => {
    const names = trackedFiles('src').map((path) => path.replace(/^.*\//, ''));
    expect(names.filter((name) => !/^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => /^(utils?|helpers?|common|misc)\./.test(name))).toEqual([]);
  });
});
