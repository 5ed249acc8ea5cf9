// Packs tsexpose, serves it from a registry on loopback, and does what strangers do, in empty folders without a compiler.
//
//   npm run test:packaging                   everything, with the packages that scripts/pack.mjs builds
//   npm run test:packaging -- --quick        npx, npm and the cures for npm on one Node.js, with the addon of this checkout
//   npm run test:packaging -- --only WORDS   the cases whose names have these words
//   npm run test:packaging -- --prebuilt     with the addon of this checkout; --packed DIR with what is in DIR
//   npm run test:packaging -- --record       also writes docs/packaging.json
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundlers, emulated, library, MANAGERS, npx, surroundings, upgrade } from './cases.mjs';
import { CURES } from './cures.mjs';
import { Place } from './place.mjs';
import { startRegistry } from './registry.mjs';
import { installNode, installTools } from './tools.mjs';

process.chdir(dirname(dirname(import.meta.dirname)));
const NODES = [20, 22, 24, 26];
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const NEWER = `${version}-newer.1`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    prebuilt: { type: 'boolean', default: false },
    packed: { type: 'string' },
    only: { type: 'string', default: '' },
    record: { type: 'boolean', default: false },
  },
});

if (`${process.platform}-${process.arch}` !== 'linux-x64') {
  console.error('test:packaging runs on Linux on x64 only, because npm has every version of Node.js for it.');
  process.exit(1);
}
const work = mkdtempSync(join(tmpdir(), 'tsexpose-packaging-'));
const tarballs = values.packed ? resolve(values.packed) : join(work, 'tarballs');
if (!values.packed) pack();
const registryNode = installNode(24);
const tools = installTools();
const registry = await startRegistry(registryNode, tools.folder, join(work, 'registry'));
const times = {};
let failed = 0;
try {
  registry.publish(tarballs);
  registry.publish(asNewer(), 'newer');
  for (const wanted of cases().filter(([name]) => name.includes(values.only))) await runCase(...wanted);
  if (values.record) record();
} finally {
  registry.close();
  rmSync(work, { recursive: true, force: true });
}
console.log(`${Object.keys(times).length} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runCase(name, { major = 24, ...options }, run) {
  const started = performance.now();
  const shared = { cache: join(work, 'npm cache'), ...options };
  const place = new Place({ ...tools, node: installNode(major) }, registry.url, shared);
  try {
    await run(place);
    times[name] = Number(((performance.now() - started) / 1000).toFixed(1));
    console.log(`ok ${name} (${times[name]} s)`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}\n${error.stack ?? error}`);
  } finally {
    place.remove();
  }
}

function cases() {
  const npm = (major) => [`npm, Node.js ${major}`, { major }, (place) => library(place, version, MANAGERS.npm)];
  const first = ['npx, nothing cached', { cache: undefined }, (place) => npx(place, version)];
  const cure = (name) => [`cure: ${name}`, {}, (place) => CURES[name](place, version)];
  const some = ['npm without optional dependencies', 'node_modules of another machine'];
  if (values.quick) return [first, npm(24), ...some.map(cure), cure(Object.keys(CURES).at(-1))];
  const canChangeUser = process.getuid() === 0;
  return [
    first,
    ...NODES.map((major) => [`npx, Node.js ${major}`, { major }, (place) => npx(place, version)]),
    ['npx, in a path with spaces and letters', { name: 'mein Projekt ünï ✓' }, (place) => npx(place, version)],
    ...(canChangeUser
      ? [['npx, as an unknown user without HOME', { stranger: true, cache: undefined }, (place) => npx(place, version)]]
      : []),
    ...NODES.map(npm),
    [
      'npm, in a path with spaces and letters',
      { name: 'mein Projekt ünï ✓' },
      (place) => library(place, version, MANAGERS.npm),
    ],
    ...Object.entries(MANAGERS)
      .slice(1)
      .map(([name, manager]) => [name, {}, (place) => library(place, version, manager)]),
    ['servers bundled by esbuild, rollup and webpack', {}, (place) => bundlers(place, version)],
    ['the permission model, a worker thread, vitest', {}, (place) => surroundings(place, version)],
    ['an upgrade of a running global installation', {}, (place) => upgrade(place, version, NEWER)],
    ...emulation(),
    ...Object.keys(CURES).map(cure),
  ];
}

function emulation() {
  const found = ['/usr/bin/qemu-aarch64', '/usr/aarch64-linux-gnu/lib/libstdc++.so.6'].every((path) =>
    existsSync(path),
  );
  if (found && !values.prebuilt)
    return [['arm64, under qemu', {}, (place) => emulated(place, version, installNode(24, 'arm64'))]];
  console.log('not run: arm64 under qemu (apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross)');
  return [];
}

/** Packs for this platform, and for another CPU, whose package some cases install by mistake: it is never loaded. */
function pack() {
  const platforms = ['--platform', 'linux-x64', '--platform', 'linux-arm64', '--main', '--partial'];
  const flags = values.quick || values.prebuilt ? ['--prebuilt', ...platforms] : [];
  execFileSync(process.execPath, ['scripts/pack.mjs', ...flags, '--out', tarballs], { stdio: 'inherit' });
}

/** Returns a folder with the same packages in a later version. */
function asNewer() {
  const folder = join(work, 'newer');
  mkdirSync(folder);
  for (const name of readdirSync(tarballs).filter((file) => file.endsWith('.tgz'))) {
    const unpacked = mkdtempSync(join(work, 'newer-'));
    execFileSync('tar', ['-xzf', join(tarballs, name), '-C', unpacked]);
    const file = join(unpacked, 'package/package.json');
    const text = readFileSync(file, 'utf8').replaceAll(`"${version}"`, `"${NEWER}"`);
    writeFileSync(file, text);
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: join(unpacked, 'package'),
      stdio: 'ignore',
    });
    rmSync(unpacked, { recursive: true, force: true });
  }
  return folder;
}

/** Writes what the documentation cites. */
function record() {
  const packages = readdirSync(tarballs)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => {
      const listed = execFileSync('tar', ['-tzvf', join(tarballs, name)], { encoding: 'utf8' })
        .trim()
        .split('\n');
      const unpacked = listed.reduce((sum, line) => sum + Number(line.split(/\s+/)[2]), 0);
      return { name, packed: statSync(join(tarballs, name)).size, unpacked, files: listed.length };
    });
  const measured = { version, date: new Date().toISOString().slice(0, 10), packages, seconds: times };
  writeFileSync('docs/packaging.json', `${JSON.stringify(measured, null, 2)}\n`);
}
