// What a stranger does with the packages. Each case gets a place of its own, and throws if something is not as it should be.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const APP = readFileSync(join(import.meta.dirname, 'app.js'), 'utf8');
const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const REQUIRED = APP.replace(/^import \{(.*)\} from '(.*)';$/gm, "const {$1} = require('$2');");
const BOB = 'bob@example.com\n';

/** `npx tsexpose`, as it is typed the first time. */
export async function npx(place, version) {
  await commands(place, `npx --yes tsexpose@${version}`);
}

/** How long a newcomer may take from the top of the README to the first exposed service, in seconds. */
const NEWCOMER_SECONDS = 30;

/** The first two commands of the README, as they stand there; the tailnet is on this machine. */
export async function newcomer(place, version) {
  const [, flags] = /^\$ npx tsexpose 3000( --name myapp)$/m.exec(README);
  assert.match(README, /`npx tsexpose demo`/);
  const npx = `npx --yes tsexpose@${version}`;
  const started = performance.now();
  await withApp(async (port) => {
    const running = place.start(`${npx} ${port}${flags} --sandbox --json`);
    const { doors } = await running.event('doors');
    assert.equal(await (await fetch(doors[1].url)).text(), 'bob@example.com');
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < NEWCOMER_SECONDS, `It took ${seconds.toFixed(1)} s.`);
    assert.equal((await running.stop()).event, 'closed');
  });
  assert.match(await place.mustRun(`${npx} demo`), /bob@example\.com opens the app/);
}

/** An image whose packages root installed, run as a user who is not in /etc/passwd; and npx as such a user with a home. */
export async function stranger(place, version) {
  await install(place, MANAGERS.npm, `tsexpose@${version}`, `@tsexpose/sandbox@${version}`);
  const { HOME } = place.env;
  place.becomeStranger();
  await commands(place, 'node_modules/.bin/tsexpose');
  place.write('app.mjs', APP);
  assert.equal(await place.mustRun('node app.mjs'), BOB);
  rmSync(join(place.folder, 'node_modules'), { recursive: true });
  place.env.HOME = HOME;
  await npx(place, version);
}

async function commands(place, command) {
  assert.match(await place.mustRun(`${command} --help`), /EXAMPLES|USAGE/);
  assert.match(await place.mustRun(`${command} demo`), /bob@example\.com opens the app/);
  await withApp(async (port) => {
    const running = place.start(`${command} ${port} --sandbox --json --name app`);
    const { doors } = await running.event('doors');
    const door = doors.find(({ who }) => who.startsWith('bob'));
    assert.equal(await (await fetch(door.url)).text(), 'bob@example.com');
    assert.equal((await running.stop()).event, 'closed');
  });
}

/** The library, with `import` and `require`, installed by a package manager. */
export async function library(place, version, manager) {
  await install(place, manager, `tsexpose@${version}`, `@tsexpose/sandbox@${version}`);
  place.write('app.mjs', APP);
  place.write('app.cjs', REQUIRED);
  assert.equal(await place.mustRun(`${manager.node} app.mjs`), BOB);
  assert.equal(await place.mustRun(`${manager.node} app.cjs`), BOB);
  assert.match(await place.mustRun(`${manager.exec} tsexpose --version`), new RegExp(version.replaceAll('.', '\\.')));
  assert.match(await place.mustRun(`${manager.exec} tsexpose demo`), /bob@example\.com opens the app/);
}

export const MANAGERS = {
  npm: { add: 'npm install', node: 'node', exec: 'npm exec --' },
  pnpm: { add: 'pnpm add', node: 'node', exec: 'pnpm exec' },
  yarn: { add: 'yarn add --non-interactive', node: 'node', exec: 'yarn -s run' },
  'yarn berry, node-modules': {
    add: 'berry add',
    node: 'node',
    exec: 'berry run',
    yarnrc: 'nodeLinker: node-modules\n',
  },
  'yarn berry, pnp': { add: 'berry add', node: 'berry node', exec: 'berry run', yarnrc: 'nodeLinker: pnp\n' },
};

/** Makes a project, and adds packages to it. */
export async function install(place, manager, ...packages) {
  place.write('package.json', { name: 'app', version: '1.0.0', private: true });
  if (manager.yarnrc) {
    place.write('.yarnrc.yml', manager.yarnrc);
    place.write('yarn.lock', '');
  }
  await place.mustRun(`${manager.add} ${packages.join(' ')}`);
}

/** Runs an app that says who is calling. */
async function withApp(use) {
  const server = createServer((request, response) => response.end(request.headers['tailscale-user-login']));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(server.address().port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** `npm install --global` of a newer version while the old one runs: it goes on, and leaves the tailnet. */
export async function upgrade(place, version, newer) {
  place.env.npm_config_prefix = join(place.root, 'global');
  const add = (wanted) => place.mustRun(`npm install --global tsexpose@${wanted} @tsexpose/sandbox@${wanted}`);
  const tsexpose = join(place.root, 'global/bin/tsexpose');
  await add(version);
  await withApp(async (port) => {
    const running = place.start(`${tsexpose} ${port} --sandbox --json --name app`);
    const { doors } = await running.event('doors');
    await add(newer);
    assert.match(await place.mustRun(`${tsexpose} --version`), new RegExp(newer.replaceAll('.', '\\.')));
    for (const { url } of doors) assert.equal((await fetch(url)).status, 200);
    assert.equal((await running.stop()).event, 'closed');
  });
  assert.match(await place.mustRun(`${tsexpose} demo`), /bob@example\.com opens the app/);
}

const BUNDLERS = {
  esbuild: 'npx esbuild app.mjs --bundle --platform=node --format=esm --external:tsexpose --outfile=out/app.mjs',
  rollup: 'npx rollup app.mjs --format esm --external tsexpose,node:http --file out/app.mjs',
  webpack:
    'npx webpack --mode production --target node --entry ./app.mjs --output-path ./out --output-filename app.cjs --externals-type commonjs --externals tsexpose',
};

/** Servers that a bundler made, with tsexpose left out. */
export async function bundlers(place, version) {
  const tools = Object.keys(BUNDLERS).concat('webpack-cli');
  await install(place, MANAGERS.npm, `tsexpose@${version}`, `@tsexpose/sandbox@${version}`, ...tools);
  place.write('app.mjs', APP);
  for (const [name, command] of Object.entries(BUNDLERS)) {
    await place.mustRun(command);
    assert.equal(await place.mustRun(`node out/app.${name === 'webpack' ? 'cjs' : 'mjs'}`), BOB, name);
    place.write('out/app.mjs', '');
  }
}

/** Node's permission model, a worker thread, and vitest in processes and threads. */
export async function surroundings(place, version) {
  await install(place, MANAGERS.npm, `tsexpose@${version}`, `@tsexpose/sandbox@${version}`, 'vitest');
  const app = place.write('app.mjs', APP);
  const permission = '--permission --allow-addons --allow-fs-read=* --allow-fs-write=* --allow-child-process';
  const network = (await place.mustRun('node --help')).includes('--allow-net') ? ' --allow-net' : '';
  assert.equal(await place.mustRun(`node --no-warnings ${permission}${network} app.mjs`), BOB);
  place.write('worker.mjs', `import { Worker } from 'node:worker_threads';\nnew Worker(${JSON.stringify(app)});\n`);
  assert.equal(await place.mustRun('node worker.mjs'), BOB);
  const test = `${APP.replace(/^main\(\);$/m, '')}\nimport { test } from 'vitest';\ntest('runs', main, 60000);\n`;
  for (const name of ['one', 'two']) place.write(`${name}.test.mjs`, test);
  for (const pool of ['forks', 'threads']) {
    assert.match(await place.mustRun(`npx vitest run --pool=${pool} --no-color`), /Tests {2}2 passed/, pool);
  }
}

/** The addon for arm64 on this machine, under qemu. The sandbox program is this machine's own. */
export async function emulated(place, version, node) {
  await install(place, MANAGERS.npm, `@tsexpose/sandbox@${version}`);
  const TSEXPOSE_SANDBOX_BINARY = place.write(
    'sandbox',
    readFileSync(join(place.folder, 'node_modules/@tsexpose/sandbox-linux-x64/sandbox')),
  );
  chmodSync(TSEXPOSE_SANDBOX_BINARY, 0o755);
  await install(place, MANAGERS.npm, '--cpu=arm64', `tsexpose@${version}`);
  const app = place.write('app.mjs', APP);
  const qemu = `/usr/bin/qemu-aarch64 -L /usr/aarch64-linux-gnu "${node}"`;
  assert.equal(await place.mustRun(`${qemu} -p process.arch`), 'arm64\n');
  assert.equal(await place.mustRun(`${qemu} "${app}"`, { TSEXPOSE_SANDBOX_BINARY }), BOB);
}
