// Makes the packages from their templates in npm/, and the main package from what is in OUT.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { GLIBC_MINIMUM, KINDS, namesOf, PACKAGE_FILES, PLATFORMS, packageName, SANDBOX_PACKAGE } from './platforms.mjs';

export const main = JSON.parse(readFileSync('package.json', 'utf8'));
const { version, engines } = main;
/** What the platform packages say about themselves as the main package does. */
const SHARED_FIELDS = ['author', 'homepage', 'bugs', 'repository', 'funding'];

/** Returns where a package's tarball is: npm names it. */
export function tarballOf(name, out) {
  return join(out, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

/** Packs a platform's addon or sandbox program, and returns what npm says about the tarball. */
export function packPlatform(kind, platform, file, out) {
  const names = namesOf(platform);
  const libc = names.libc && `glibc ${GLIBC_MINIMUM} or newer`;
  const words = { ...names, name: packageName(kind, platform), platform, needs: libc ?? 'macOS 13 or newer' };
  return inFolder(kind, words, out, (_description, folder) => {
    cpSync(file, join(folder, PACKAGE_FILES[kind]));
    if (kind === 'sandbox') chmodSync(join(folder, 'sandbox'), 0o755);
    copyLicenses(folder);
  });
}

/** Packs the package that brings the sandbox program of each platform. */
export function packSandbox(platforms, out) {
  return inFolder('sandbox-any', {}, out, (description) => {
    description.optionalDependencies = exact('sandbox', platforms);
  });
}

/**
 * Packs the main package for the platforms whose packages are in OUT. What is published differs from the repository's
 * package.json: it has no scripts, it depends on exactly these platform packages, and it knows the checksums of the sandbox
 * programs, which it may have to fetch.
 */
export function packMain(platforms, out) {
  const folder = mkdtempSync(join(tmpdir(), 'tsexpose-main-'));
  try {
    const [{ filename }] = npmPack('.', folder);
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder]);
    const file = join(folder, 'package/package.json');
    const { scripts, devDependencies, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
    const published = {
      ...rest,
      peerDependencies: { ...rest.peerDependencies, [SANDBOX_PACKAGE]: '*' },
      peerDependenciesMeta: { ...rest.peerDependenciesMeta, [SANDBOX_PACKAGE]: { optional: true } },
      optionalDependencies: exact('addon', platforms),
      sandboxPrograms: Object.fromEntries(platforms.map((platform) => [platform, checksum(platform, out)])),
    };
    writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`);
    return npmPack(join(folder, 'package'), resolve(out))[0];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the platforms whose packages are in OUT, in this version. */
export function packedPlatforms(out) {
  return PLATFORMS.filter((platform) => KINDS.every((kind) => existsSync(tarballOf(packageName(kind, platform), out))));
}

function exact(kind, platforms) {
  return Object.fromEntries(platforms.map((platform) => [packageName(kind, platform), version]));
}

/** Returns the SHA-256 of the program in a sandbox package. */
function checksum(platform, out) {
  const tarball = tarballOf(packageName('sandbox', platform), out);
  const program = execFileSync('tar', ['-xzOf', tarball, 'package/sandbox'], { maxBuffer: 1 << 28 });
  return `sha256-${createHash('sha256').update(program).digest('base64')}`;
}

/** Fills a template, adds to it, and packs it. */
function inFolder(template, words, out, add) {
  const folder = mkdtempSync(join(tmpdir(), 'tsexpose-package-'));
  try {
    const all = { version, node: engines.node, ...words };
    for (const name of readdirSync(`npm/${template}`)) {
      const text = readFileSync(`npm/${template}/${name}`, 'utf8');
      writeFileSync(
        join(folder, name),
        text.replace(/\{(\w+)\}/g, (_, word) => all[word] ?? ''),
      );
    }
    cpSync('LICENSE', join(folder, 'LICENSE'));
    const file = join(folder, 'package.json');
    const description = JSON.parse(readFileSync(file, 'utf8'));
    if (description.libc?.[0] === '') delete description.libc;
    for (const field of SHARED_FIELDS) if (main[field] !== undefined) description[field] = main[field];
    add(description, folder);
    writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
    const [packed] = npmPack(folder, resolve(out));
    return packed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyLicenses(folder) {
  cpSync('licenses', join(folder, 'licenses'), { recursive: true });
  const glue = dirname(createRequire(import.meta.url).resolve('node-addon-api/package.json'));
  cpSync(join(glue, 'LICENSE.md'), join(folder, 'licenses/node-addon-api-LICENSE.txt'));
}

function npmPack(folder, out) {
  mkdirSync(out, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', out];
  return JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}
