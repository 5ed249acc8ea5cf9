import { describe, expect, it } from 'vitest';
import { loadedWith, moduleGraph, readText, trackedFiles } from './module-graph.ts';

const graph = moduleGraph();
const modules = [...graph.keys()];

/** The folders that each folder of src/ may import at run time, besides itself. docs/architecture.md draws them. */
const MAY_IMPORT: Record<string, string[]> = {
  native: [],
  tailnet: ['native'],
  identity: [],
  access: ['identity'],
  proxy: ['identity'],
  middleware: ['access', 'identity'],
  'control-socket': [],
  sandbox: [],
  chat: [],
  ui: [],
  expose: ['tailnet', 'access', 'identity', 'proxy'],
  cli: ['ui', 'expose', 'control-socket', 'sandbox', 'chat', 'tailnet', 'native', 'access', 'identity', 'proxy'],
  commands: ['cli', 'ui', 'expose', 'control-socket', 'sandbox', 'chat'],
  'index.ts': ['expose', 'tailnet', 'identity', 'access', 'middleware', 'sandbox'],
};

/** Files that every folder may import: errors, events, option checks, and shared types. */
const SHARED = [
  'src/errors.ts',
  'src/events.ts',
  'src/tailnet/option-kind.ts',
  'src/identity/identity.ts',
  'src/tailnet/http/request.ts',
];

/** Returns the folder of src/ that a module is in; a file at the top counts by its own name. */
function folderOf(path: string): string {
  return path.split('/')[1]!;
}

describe('a folder', () => {
  it.each(Object.entries(MAY_IMPORT))('%s imports only what it may', (folder, allowed) => {
    const strays = modules
      .filter((path) => folderOf(path) === folder)
      .flatMap((path) =>
        [...graph.get(path)!.atOnce, ...graph.get(path)!.later].map((target) => [path, target] as const),
      )
      .filter(([, target]) => target.startsWith('src/') && !SHARED.includes(target))
      .filter(([, target]) => folderOf(target) !== folder && !allowed.includes(folderOf(target)))
      .map(([path, target]) => `${path} → ${target}`);
    expect(strays).toEqual([]);
  });

  it('is in the table', () => {
    const folders = new Set(modules.filter((path) => !SHARED.includes(path)).map(folderOf));
    expect([...folders].filter((folder) => !(folder in MAY_IMPORT))).toEqual([]);
  });
});

describe('modules', () => {
  it('have no import cycles', () => {
    const cyclic = modules.filter((path) => graph.get(path)!.atOnce.some((next) => loadedWith(next, graph).has(path)));
    expect(cyclic).toEqual([]);
  });

  it('load the addon in one place only', () => {
    const loaders = modules.filter((path) => /\.node['"`]|dlopen\(/.test(readText(path)));
    expect(loaders).toEqual(['src/native/binding.ts']);
  });

  it('are all found by this test', () => {
    expect(graph.get('src/expose/join.ts')!.atOnce).toContain('src/tailnet/tailnet.ts');
    expect(graph.get('src/cli/run/run-exposure.ts')!.later).toContain('src/expose/expose.ts');
  });
});

describe('views', () => {
  const views = modules.filter((path) => path.startsWith('src/ui/'));

  it('turn values into text without files, sockets, or the process', () => {
    const packages = views.flatMap((path) => graph.get(path)!.atOnce.filter((target) => !target.startsWith('src/')));
    expect([...new Set(packages)].sort()).toEqual(['ink', 'node:util', 'react']);
    expect(views.filter((path) => /\bprocess\./.test(readText(path)))).toEqual([]);
  });
});

describe('startup', () => {
  // --help, --version, and usage errors need none of these.
  it('does not load the addon, the screen, or the proxy before they are needed', () => {
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

  it('has a descriptive name in kebab-case', () => {
    const names = trackedFiles('src').map((path) => path.replace(/^.*\//, ''));
    expect(names.filter((name) => !/^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => /^(utils?|helpers?|common|misc)\./.test(name))).toEqual([]);
  });
});
