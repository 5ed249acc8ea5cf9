// The package managers, the registry and the versions of Node.js that run.mjs uses, installed once into build/packaging.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const FOLDER = resolve('build/packaging');
const QUIET = ['--no-package-lock', '--no-audit', '--no-fund', '--loglevel=silent'];

/** The versions of Node.js that tsexpose supports. */
export const NODES = [20, 22, 24, 26];

/** Installs all of it, for a network that does not have it. */
export function installAll(quick) {
  installTools();
  for (const major of quick ? [24] : NODES) installNode(major);
  if (!quick) installNode(24, 'arm64');
}

/** Returns the entry files of the package managers; npm is the one that runs this. */
export function installTools() {
  const folder = join(FOLDER, 'tools');
  const wanted = join(import.meta.dirname, 'tools/package.json');
  const there = join(folder, 'package.json');
  const isCurrent = existsSync(there) && readFileSync(there, 'utf8') === readFileSync(wanted, 'utf8');
  if (!isCurrent || !existsSync(join(folder, 'node_modules/verdaccio'))) {
    mkdirSync(folder, { recursive: true });
    cpSync(wanted, there);
    npm('install', '--prefix', folder, '--ignore-scripts', ...QUIET);
  }
  const at = (path) => join(folder, 'node_modules', path);
  return {
    folder,
    npm: npmCli(),
    pnpm: at('pnpm/bin/pnpm.mjs'),
    yarn: at('yarn/bin/yarn.js'),
    berry: at('@yarnpkg/cli-dist/bin/yarn.js'),
  };
}

/** Returns the newest Node.js of a major version, which npm has as a package for Linux. */
export function installNode(major, cpu = 'x64') {
  const folder = join(FOLDER, `node-${major}-${cpu}`);
  const program = join(folder, `node_modules/node-linux-${cpu}/bin/node`);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    npm('install', '--prefix', folder, ...QUIET, '--force', `node-linux-${cpu}@${major}`);
  }
  return program;
}

function npm(...args) {
  execFileSync(process.execPath, [npmCli(), ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function npmCli() {
  const { npm_execpath: running } = process.env;
  if (running?.endsWith('npm-cli.js')) return realpathSync(running);
  const found = join(dirname(dirname(realpathSync(process.execPath))), 'lib/node_modules/npm/bin/npm-cli.js');
  if (existsSync(found)) return found;
  throw new Error('npm was not found. Run this with: npm run test:packaging');
}
