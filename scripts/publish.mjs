// Publishes the packages of a release to the registry of npm's configuration: those that others depend on first, the main
// package last, so that a version is never installed without its parts. A package that is published already is
// left out, so a run that broke off can be started again.
//
//   node scripts/publish.mjs DIRECTORY             the directory has the .tgz files, as scripts/pack.mjs writes them
//   node scripts/publish.mjs DIRECTORY --dry-run   only prints what it would do
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Reads the packages in a directory, and returns them in the order in which they are published.
 *
 * @param {string} directory
 * @throws {Error} If the main package or one that it needs is missing, or their versions differ.
 */
export function publishOrder(directory) {
  const packages = readdirSync(directory)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => readPackage(join(directory, name)));
  const byName = new Map(packages.map((found) => [found.name, found]));
  const main = byName.get('tsexpose');
  if (!main) throw new Error(`${directory} does not have the package tsexpose.`);
  for (const { name, version } of packages) {
    if (version !== main.version) throw new Error(`${name} has version ${version}; tsexpose has ${main.version}.`);
  }
  const missing = packages.flatMap(({ needs }) => needs).filter((name) => !byName.has(name));
  if (missing.length > 0) throw new Error(`Missing: ${[...new Set(missing)].join(', ')}.`);
  const order = new Set();
  const add = (found) => {
    for (const name of found.needs) add(byName.get(name));
    order.add(found);
  };
  for (const found of packages) if (found !== main) add(found);
  add(main);
  return [...order];
}

function readPackage(file) {
  const json = JSON.parse(execFileSync('tar', ['-xOzf', file, 'package/package.json'], { encoding: 'utf8' }));
  const needs = Object.keys({ ...json.dependencies, ...json.optionalDependencies });
  return { file, name: json.name, version: json.version, needs: needs.filter((name) => name.startsWith('@tsexpose/')) };
}

function publish({ file, name, version }) {
  if (isPublished(name, version)) return console.log(`${name}@${version} is published already`);
  // A prerelease must not become what `npx tsexpose` runs.
  const tag = version.includes('-') ? 'next' : 'latest';
  const args = ['publish', resolve(file), '--access', 'public', '--tag', tag];
  // npm attests only what a workflow with an identity of its own has built.
  if (process.env.GITHUB_ACTIONS) args.push('--provenance');
  if (dryRun) return console.log(`npm ${args.join(' ')}`);
  console.log(`${name}@${version} → ${tag}`);
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${name}@${version} was not published. What comes after it was not tried.`);
}

function isPublished(name, version) {
  const args = ['view', `${name}@${version}`, 'version', '--json', '--prefer-online'];
  const { status, stdout } = spawnSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (status === 0) return stdout.includes(version);
  if (stdout.includes('E404')) return false;
  throw new Error(`npm view ${name}@${version} failed:\n${stdout}`);
}

const [directory, flag] = process.argv.slice(2);
const dryRun = flag === '--dry-run';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (!directory || (flag && !dryRun)) throw new Error('Usage: node scripts/publish.mjs DIRECTORY [--dry-run]');
    const own = JSON.parse(readFileSync(join(dirname(import.meta.dirname), 'package.json'), 'utf8'));
    const order = publishOrder(directory);
    if (order.at(-1).version !== own.version) throw new Error(`package.json has version ${own.version}.`);
    for (const found of order) publish(found);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
