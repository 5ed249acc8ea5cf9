// The cases of run.mjs, one after the other. `node suite.mjs SETTINGS`, where SETTINGS is JSON from there.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlers, emulated, library, MANAGERS, newcomer, npx, stranger, surroundings, upgrade } from './cases.mjs';
import { CURES } from './cures.mjs';
import { enter } from './network.mjs';
import { Place } from './place.mjs';
import { installNode, installTools, NODES } from './tools.mjs';

const { version, newer, url, port, socket, work, quick, prebuilt, only } = JSON.parse(process.argv[2]);
if (socket) await enter(port, socket);
const tools = installTools();
const times = {};
let failed = 0;
for (const wanted of cases().filter(([name]) => name.includes(only))) await runCase(...wanted);
writeFileSync(join(work, 'times.json'), JSON.stringify(times));
console.log(`${Object.keys(times).length} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function runCase(name, { major = 24, ...options }, run) {
  const started = performance.now();
  const shared = { cache: join(work, 'npm cache'), ...options };
  const place = new Place({ ...tools, node: installNode(major) }, url, shared);
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
  const readme = ['a newcomer at the top of the README', { cache: undefined }, (place) => newcomer(place, version)];
  const cure = (name) => [`cure: ${name}`, {}, (place) => CURES[name](place, version)];
  const some = ['npm without optional dependencies', 'node_modules of another machine'];
  if (quick) return [readme, first, npm(24), ...some.map(cure), cure(Object.keys(CURES).at(-1))];
  const canChangeUser = process.getuid() === 0;
  return [
    readme,
    first,
    ...NODES.map((major) => [`npx, Node.js ${major}`, { major }, (place) => npx(place, version)]),
    ['npx, in a path with spaces and letters', { name: 'mein Projekt ünï ✓' }, (place) => npx(place, version)],
    ...(canChangeUser
      ? [['an unknown user without HOME', { cache: undefined }, (place) => stranger(place, version)]]
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
    ['an upgrade of a running global installation', {}, (place) => upgrade(place, version, newer)],
    ...emulation(),
    ...Object.keys(CURES).map(cure),
  ];
}

function emulation() {
  const found = ['/usr/bin/qemu-aarch64', '/usr/aarch64-linux-gnu/lib/libstdc++.so.6'].every((path) =>
    existsSync(path),
  );
  if (found && !prebuilt)
    return [['arm64, under qemu', {}, (place) => emulated(place, version, installNode(24, 'arm64'))]];
  console.log('not run: arm64 under qemu (apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross)');
  return [];
}
