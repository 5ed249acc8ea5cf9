// Finds the package with the addon or the sandbox program of this platform, or says how to get it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TsexposeError } from './errors.ts';
import { addCommand, installationOf, ownVersion, reinstallCommand } from './installation.ts';
import { packageRequire, requireIn } from './package-root.ts';
import { PACKAGE_FILES, type PackageKind, PLATFORMS, packageName, SANDBOX_PACKAGE } from './platforms.ts';

const platform = `${process.platform}-${process.arch}`;
const WHAT: Record<PackageKind, string> = { addon: 'native addon', sandbox: 'sandbox program' };
const MISSING = { addon: 'ERR_TSEXPOSE_ADDON_MISSING', sandbox: 'ERR_TSEXPOSE_SANDBOX' } as const;

/**
 * Returns the addon or the sandbox program from this platform's package.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_PLATFORM` if there is none for this platform; `ERR_TSEXPOSE_ADDON_MISSING` or
 *   `ERR_TSEXPOSE_SANDBOX` if it is not installed, or not as it has to be
 */
export function platformFile(kind: PackageKind): string {
  requireSupported();
  const folder = folderOf(kind, platform);
  if (!folder) throw missing(kind);
  const name = packageName(kind, platform);
  // A file in an archive of Yarn's Plug'n'Play can be read, but neither loaded nor run.
  if (/\.zip[\\/]/.test(folder))
    throw broken(kind, `${name} is in a zip archive of Yarn.`, [`yarn unplug --all --recursive ${name}`]);
  const expected = ownVersion();
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (expected && version !== expected) throw otherVersion(kind, version, expected);
  return join(folder, PACKAGE_FILES[kind]);
}

/**
 * Checks that tsexpose runs on this platform.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_PLATFORM` with what to do
 */
export function requireSupported(): void {
  const fail = (message: string, suggestions: string[]) =>
    new TsexposeError('ERR_TSEXPOSE_PLATFORM', message, { suggestions });
  if (isMusl()) {
    throw fail(
      'tsexpose needs glibc. This is musl (Alpine Linux), where Node.js cannot load a Go library (golang/go#13492).',
      ['Use an image with glibc, such as node:24-slim.'],
    );
  }
  if (PLATFORMS.includes(platform)) return;
  throw fail(
    `tsexpose runs on ${PLATFORMS.join(', ')}, but this is ${platform}.`,
    process.platform === 'win32'
      ? ['Run it under WSL 2.']
      : ['Run it on one of those, and use it from here over your tailnet.'],
  );
}

/** Returns whether Node.js is running on musl (Alpine). */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const excludeNetwork = report.excludeNetwork;
  report.excludeNetwork = true; // otherwise the report looks up names on the network
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = excludeNetwork;
  return header.glibcVersionRuntime === undefined;
}

/** Returns the folder of a package, which may be ours or one of `@tsexpose/sandbox`. */
function folderOf(kind: PackageKind, of: string): string | undefined {
  const name = packageName(kind, of);
  if (kind === 'addon') return resolveFolder(packageRequire, name);
  // With pnpm and Yarn, a package only sees its own dependencies.
  const all = resolveFolder(packageRequire, SANDBOX_PACKAGE);
  return (all && resolveFolder(requireIn(all), name)) ?? resolveFolder(packageRequire, name);
}

function resolveFolder(require: NodeJS.Require, name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED') throw error;
    return undefined;
  }
}

function missing(kind: PackageKind): TsexposeError {
  const installation = installationOf();
  const { manager, scope } = installation;
  const name = packageName(kind, platform);
  const other = PLATFORMS.find((candidate) => folderOf(kind, candidate));
  if (other) {
    const found = `${packageName(kind, other)} is installed instead, so node_modules was probably copied from another machine.`;
    return broken(kind, `${name} was not found. ${found}`, [reinstallCommand(installation)]);
  }
  if (kind === 'sandbox') {
    const version = ownVersion();
    const wanted = version ? `${SANDBOX_PACKAGE}@${version}` : SANDBOX_PACKAGE;
    return broken(kind, `${SANDBOX_PACKAGE} is not installed.`, [addCommand(installation, wanted)]);
  }
  const omitted = `${name} was not found. It is an optional dependency, and was probably left out.`;
  const again = reinstallCommand(installation);
  if (manager === 'npm') {
    const command = scope === 'global' ? `${again} --include=optional` : 'npm install --include=optional';
    return broken(kind, omitted, scope === 'once' ? [again, 'npx --include=optional tsexpose'] : [command]);
  }
  return broken(kind, omitted, [again]);
}

function otherVersion(kind: PackageKind, version: string, expected: string): TsexposeError {
  const installation = installationOf();
  const message = `${packageName(kind, platform)} has version ${version}, but tsexpose has ${expected}.`;
  const cure =
    kind === 'sandbox' ? addCommand(installation, `${SANDBOX_PACKAGE}@${expected}`) : reinstallCommand(installation);
  return broken(kind, message, [cure]);
}

function broken(kind: PackageKind, why: string, suggestions: string[]): TsexposeError {
  return new TsexposeError(MISSING[kind], `The ${WHAT[kind]} is missing: ${why}`, { suggestions });
}
