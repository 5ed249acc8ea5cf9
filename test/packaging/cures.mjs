// Installations that cannot work as they are: what tsexpose says about each, and that the command it suggests helps.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, MANAGERS } from './cases.mjs';

const NEEDS_ADDON = 'doctor';

/** Has tsexpose fail, and returns the command it suggests first. */
async function cureFor(place, command, code, pattern, env) {
  const { stderr, stdout, code: exit } = await place.run(command, env);
  const said = `${stdout}${stderr}`;
  assert.equal(exit, 1, said);
  assert.match(said, pattern);
  if (code) assert.match(said, new RegExp(`code: ${code}\\b`));
  const [, cure] = /^ *try: (.+)$/m.exec(said) ?? [];
  assert.ok(cure, said);
  return cure;
}

/** Adds tsexpose in a broken way, follows the cure, and expects the addon to load. */
async function heal(place, manager, breakIt, pattern) {
  await breakIt();
  const expose = `${manager.exec} tsexpose 1 --name x --ephemeral --control-url http://127.0.0.1:1 --timeout 1s`;
  const cure = await cureFor(place, expose, 'ERR_TSEXPOSE_ADDON_MISSING', pattern);
  await place.mustRun(
    cure
      .replace(/^yarn/, manager.yarnrc ? 'berry' : 'yarn')
      .replace('&& yarn', manager.yarnrc ? '&& berry' : '&& yarn'),
  );
  assert.match((await place.run(`${manager.exec} tsexpose ${NEEDS_ADDON}`)).stdout, /addon +loads/, cure);
}

const LEFT_OUT = /optional dependency, and was probably left out/;

export const CURES = {
  'npm without optional dependencies': (place, version) =>
    heal(place, MANAGERS.npm, () => install(place, MANAGERS.npm, '--omit=optional', `tsexpose@${version}`), LEFT_OUT),
  'pnpm without optional dependencies': (place, version) =>
    heal(place, MANAGERS.pnpm, () => install(place, MANAGERS.pnpm, '--no-optional', `tsexpose@${version}`), LEFT_OUT),
  'Yarn without optional dependencies': (place, version) =>
    heal(
      place,
      MANAGERS.yarn,
      () => install(place, MANAGERS.yarn, '--ignore-optional', `tsexpose@${version}`),
      LEFT_OUT,
    ),

  'node_modules of another machine': (place, version) =>
    heal(
      place,
      MANAGERS.npm,
      () => install(place, MANAGERS.npm, '--cpu=arm64', `tsexpose@${version}`),
      /@tsexpose\/linux-arm64 is installed instead, so node_modules was probably copied/,
    ),

  "a zip archive of Yarn's Plug'n'Play": async (place, version) => {
    const pnp = MANAGERS['yarn berry, pnp'];
    const breakIt = async () => {
      await install(place, pnp, `tsexpose@${version}`);
      const description = JSON.parse(readFileSync(join(place.folder, 'package.json'), 'utf8'));
      description.dependenciesMeta = { '@tsexpose/linux-x64': { unplugged: false } };
      place.write('package.json', description);
      await place.mustRun('berry install');
    };
    await heal(place, pnp, breakIt, /is in a zip archive of Yarn/);
  },

  'the sandbox, not installed': async (place, version) => {
    for (const name of ['npm', 'pnpm', 'yarn']) {
      const manager = MANAGERS[name];
      await install(place, manager, `tsexpose@${version}`);
      const program = 'node_modules/.bin/tsexpose demo';
      const cure = await cureFor(place, program, 'ERR_TSEXPOSE_SANDBOX', /@tsexpose\/sandbox is not installed/);
      await place.mustRun(cure);
      assert.match(await place.mustRun(program), /bob@example\.com opens the app/, cure);
      for (const left of ['node_modules', 'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock'])
        rmSync(join(place.folder, left), { recursive: true, force: true });
    }
  },

  'node --no-addons, musl, another CPU, an old glibc': async (place, version) => {
    await install(place, MANAGERS.npm, `tsexpose@${version}`);
    const expose = 'node_modules/.bin/tsexpose 1 --name x';
    const preload = (text) => ({ NODE_OPTIONS: `--require=${place.write('preload.cjs', text)}` });
    const load = 'ERR_TSEXPOSE_ADDON_LOAD';
    assert.equal(
      await cureFor(place, expose, load, /--no-addons/, { NODE_OPTIONS: '--no-addons' }),
      'Run node without --no-addons.',
    );
    // No machine at hand has these, so Node.js says that it is on one.
    const musl = preload('const report = { header: {} }; process.report.getReport = () => report;');
    await cureFor(place, expose, 'ERR_TSEXPOSE_PLATFORM', /musl/, musl);
    const other = preload("Object.defineProperty(process, 'arch', { value: 'riscv64' });");
    await cureFor(place, expose, 'ERR_TSEXPOSE_PLATFORM', /but this is linux-riscv64/, other);
    needNewerGlibc(realpathSync(join(place.folder, 'node_modules/@tsexpose/linux-x64/tsexpose.node')));
    await cureFor(place, expose, load, /needs GLIBC_2\.99, which this system does not have/);
  },
};

/** Makes an addon require a glibc that no system has, by the name and the hash of one of its versions. */
function needNewerGlibc(file) {
  const bytes = readFileSync(file);
  const [, old] = /\0(GLIBC_2\.\d\d)\0/.exec(bytes.toString('latin1')) ?? [];
  assert.ok(old);
  const replace = (from, to) => {
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at);
  };
  replace(Buffer.from(`\0${old}\0`), Buffer.from('\0GLIBC_2.99\0'));
  replace(hashOf(old), hashOf('GLIBC_2.99'));
  rmSync(file);
  writeFileSync(file, bytes);
  assert.ok(existsSync(file));
}

/** Returns the hash of the System V ABI, as it stands in a file. */
function hashOf(name) {
  let hash = 0;
  for (const character of Buffer.from(name)) {
    hash = (hash << 4) + character;
    hash ^= (hash >>> 24) & 0xf0;
    hash &= 0x0fffffff;
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(hash);
  return bytes;
}
