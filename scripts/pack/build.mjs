// Builds the addon and the sandbox program for a platform, as they are published: stripped, and for an old glibc.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DEFINES, GO_FLAGS } from '../flags.mjs';
import { namesOf } from './platforms.mjs';
import { zigCompilers } from './zig.mjs';

const require = createRequire(import.meta.url);
const SOURCES = ['addon.cc', 'signals.cc', 'sink.cc'].map((name) => `src/native/${name}`);
/** All that an addon may show: two copies of a library in one process must not find each other's functions. */
export const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** Builds the addon into a file. */
export function buildAddon(platform, file) {
  mkdirSync(dirname(file), { recursive: true });
  if (platform.startsWith('linux-')) return linuxAddon(platform, file);
  execFileSync(process.execPath, ['scripts/build.mjs', 'native'], { stdio: 'inherit' });
  cpSync('build/Release/tsexpose.node', file);
  execFileSync('strip', ['-x', file]);
}

function linuxAddon(platform, file) {
  const { zigTarget } = namesOf(platform);
  const { cc, cxx } = zigCompilers(zigTarget);
  const archive = join(dirname(file), 'libtsexpose.a');
  const exported = join(dirname(file), 'exports.map');
  go(platform, { CGO_ENABLED: '1', CC: cc.join(' '), CXX: cxx.join(' ') }, [
    '-buildmode=c-archive',
    '-o',
    archive,
    './src/native/go',
  ]);
  // Not --exclude-libs, which Zig's linker does not have.
  writeFileSync(exported, `{ global: ${EXPORTS.map((name) => `${name};`).join(' ')} local: *; };\n`);
  const [program, ...words] = cxx;
  execFileSync(
    program,
    [
      ...words,
      ...['-shared', '-fPIC', '-O2', '-std=c++17', '-fvisibility=hidden', '-s'],
      ...DEFINES.map((define) => `-D${define}`),
      ...[nodeHeaders(), require('node-addon-api').include_dir, 'src/native'].map((folder) => `-I${folder}`),
      ...SOURCES,
      archive,
      // The Go runtime cannot be unloaded; Node.js unloads an addon whose last user was a worker.
      ...['-Wl,-z,nodelete', '-Wl,-Bsymbolic', `-Wl,--version-script=${exported}`, '-lpthread', '-lresolv'],
      ...['-o', file],
    ],
    { stdio: 'inherit' },
  );
}

/** Builds the sandbox program into a file. It needs no C library. */
export function buildSandbox(platform, file) {
  mkdirSync(dirname(file), { recursive: true });
  go(platform, { CGO_ENABLED: '0' }, ['-o', file, './src/sandbox/go']);
}

function go(platform, env, args) {
  const { goos, goarch } = namesOf(platform);
  console.log(`pack: building ${args.at(-1)} for ${platform} (a first build takes minutes)`);
  execFileSync('go', ['build', ...GO_FLAGS, ...args], {
    env: { ...process.env, GOTOOLCHAIN: 'local', GOOS: goos, GOARCH: goarch, ...env },
    stdio: 'inherit',
  });
}

function nodeHeaders() {
  const folder = join(dirname(dirname(process.execPath)), 'include/node');
  if (existsSync(join(folder, 'node_api.h'))) return folder;
  throw new Error(`${folder} does not have node_api.h. Run this with a Node.js that comes with its headers.`);
}
