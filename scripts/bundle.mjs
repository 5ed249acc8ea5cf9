// Bundles the command and the library into dist/: our own files and what they use of npm, but for undici, which is a
// part of the library's types. Called by build.mjs. docs/decisions.md has the figures.
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';

/** The files of dist/ that others name, and what they are made from. */
const ENTRIES = {
  bin: 'src/bin.ts',
  index: 'src/index.ts',
  'middleware/express': 'src/middleware/express.ts',
  'middleware/fastify': 'src/middleware/fastify.ts',
  'middleware/hono': 'src/middleware/hono.ts',
  // For tests and benchmarks; not published.
  internal: 'test/internal.ts',
};

/** What is loaded at different times, in their order, by the modules it starts with. */
const STAGES = {
  start: ['src/bin.ts'],
  help: ['src/cli/help.ts'],
  command: ['src/commands/index.ts', 'src/cli/child/started-app.ts'],
  library: ['src/index.ts', ...['express', 'fastify', 'hono'].map((name) => `src/middleware/${name}.ts`)],
  proxy: ['src/expose/listeners.ts'],
  ci: ['src/cli/ci/preview.ts'],
  log: ['src/cli/telemetry/access-log.ts'],
  metrics: ['src/cli/telemetry/metrics.ts', 'src/cli/telemetry/metrics-server.ts'],
  files: ['node_modules/send/index.js'],
  chat: ['src/cli/chat/host.ts', 'src/cli/chat/join.ts'],
  terminal: ['src/cli/chat/chat-terminal.tsx', 'src/cli/screen/terminal-screen.tsx'],
};

/** What oclif, ink and send load and we never reach: plugins, themes, spinners, templates, their own logs. */
const UNUSED = {
  '@oclif/core/lib/config/index.js': 'exports.Config = {};',
  '@oclif/core/lib/config/ts-path.js': '',
  '@oclif/core/lib/module-loader.js': '',
  '@oclif/core/lib/ux/action/spinner.js': 'module.exports = class {};',
  '@oclif/core/lib/ux/colorize-json.js': '',
  'debug/src/index.js': 'module.exports = () => () => {};',
  'ejs/lib/cjs/ejs.js': 'exports.render = (text) => text;',
  'ink/build/devtools.js': 'export {};',
};

/** How both builds are made. */
const COMMON = {
  platform: 'node',
  external: ['undici'],
  transform: {
    target: 'node20.19',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  },
  onLog: (level, log) => {
    if (level === 'warn') throw new Error(log.message);
  },
};

/** Bundles ES modules into dist/ and returns the chunks; only returns them with `write: false`. */
export async function bundle({ write = true } = {}) {
  let names;
  const groups = [
    {
      debugName: 'stages',
      name: (id, context) => {
        names ??= fileNames(context);
        return names.get(id);
      },
    },
  ];
  const built = await rolldown({
    ...COMMON,
    input: ENTRIES,
    preserveEntrySignatures: 'allow-extension',
    // A bundle of an app that contains the library has no import.meta to make a require() from.
    plugins: [leaveOut(), esmExternalRequirePlugin({ external: [...builtinModules, /^node:/] })],
  });
  return output(built, write, {
    dir: 'dist',
    chunkFileNames: '[name].js',
    polyfillRequire: false,
    comments: { legal: true, annotation: false, jsdoc: false },
    codeSplitting: { includeDependenciesRecursively: false, groups },
  });
}

/** Bundles entry points as CommonJS into dist/cjs and returns the chunks. */
export async function bundleCommonJs(input) {
  const built = await rolldown({ ...COMMON, input, plugins: [leaveOut()] });
  const names = { entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' };
  return output(built, true, { dir: 'dist/cjs', format: 'cjs', exports: 'named', ...names });
}

async function output(built, write, options) {
  const { output: chunks } = await (write ? built.write(options) : built.generate(options));
  await built.close();
  return chunks;
}

/** Returns the file of each module. */
function fileNames(context) {
  const stages = new Map();
  for (const [stage, files] of Object.entries(STAGES)) {
    const seen = new Set(files.map((file) => resolve(file)));
    for (const id of seen) {
      stages.set(id, (stages.get(id) ?? new Set()).add(stage));
      for (const next of context.getModuleInfo(id)?.importedIds ?? []) seen.add(next);
    }
  }
  return new Map([...stages].map(([id, names]) => [id, fileOf(names)]));
}

/** Returns the file of a module that these stages load. What several load goes into a file that all of them may load. */
function fileOf(stages) {
  const has = (...some) => some.some((stage) => stages.has(stage));
  // Each of these is loaded after the one before it, and by none of the others.
  const inLibrary = ['library', 'proxy', 'files'].find((stage) => stages.has(stage));
  if (has('start')) return inLibrary ? 'base' : 'start';
  if (has('help', 'command', 'ci', 'log', 'metrics', 'chat', 'terminal') && inLibrary) return 'shared';
  if (has('help')) return 'help';
  if (inLibrary) return inLibrary;
  return has('command') || stages.size > 1 ? 'command' : [...stages][0];
}

/** A plugin that puts stubs in place of what is not used. */
function leaveOut() {
  return {
    name: 'leave-out',
    load(id) {
      const file = Object.keys(UNUSED).find((end) => id.endsWith(join('node_modules', end)));
      return file && UNUSED[file];
    },
  };
}

if (process.argv[1] === import.meta.filename) await bundle();
