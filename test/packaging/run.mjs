// Packs tsexpose, serves it from a registry on loopback, and does what strangers do, in empty folders without a compiler.
//
//   npm run test:packaging                   everything, with the packages that scripts/pack.mjs builds
//   npm run test:packaging -- --quick        npx, npm and the cures for npm on one Node.js, with the addon of this checkout
//   npm run test:packaging -- --only WORDS   the cases whose names have these words
//   npm run test:packaging -- --prebuilt     with the addon of this checkout; --packed DIR with what is in DIR
//   npm run test:packaging -- --record       also writes docs/packaging.json
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { canIsolate, offer } from './network.mjs';
import { startRegistry } from './registry.mjs';
import { installAll, installNode, installTools } from './tools.mjs';

process.chdir(dirname(dirname(import.meta.dirname)));
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
try {
  if (!values.packed) pack();
  installAll(values.quick);
  const registry = await startRegistry(installNode(24), installTools().folder, join(work, 'registry'));
  try {
    registry.publish(tarballs);
    registry.publish(asNewer(), 'newer');
    process.exitCode = await runSuite(new URL(registry.url));
    if (values.record) record();
  } finally {
    registry.close();
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Runs suite.mjs where nothing but the registry can be reached, if this user may make such a network. */
async function runSuite(url) {
  const port = Number(url.port);
  const settings = { ...values, version, newer: NEWER, url: url.href, port, work };
  let command = [process.execPath];
  if (canIsolate()) {
    settings.socket = join(work, 'registry.sock');
    await offer(port, settings.socket);
    command = ['unshare', '--net', ...command];
  } else console.log('not isolated: only root can make a network without anything else on it');
  const [program, ...args] = [...command, join(import.meta.dirname, 'suite.mjs'), JSON.stringify(settings)];
  const [code] = await once(spawn(program, args, { stdio: 'inherit' }), 'exit');
  return code ?? 1;
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
  const measured = {
    version,
    date: new Date().toISOString().slice(0, 10),
    packages,
    seconds: JSON.parse(readFileSync(join(work, 'times.json'), 'utf8')),
  };
  writeFileSync('docs/packaging.json', `${JSON.stringify(measured, null, 2)}\n`);
}
