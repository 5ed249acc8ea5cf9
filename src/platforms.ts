// The table of platforms, which scripts/pack.mjs reads, too: it makes an addon package and a sandbox package for each. This
// file imports nothing, so that the script can load it without a build.

/** The platforms that tsexpose runs on: `process.platform`, a dash and `process.arch`. */
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** The oldest glibc that the Linux packages run on, which is also what Node.js needs. */
export const GLIBC_MINIMUM = '2.28';

/** What comes in a package for each platform: the native addon, or the sandbox program. */
export type PackageKind = 'addon' | 'sandbox';

/** The file of each in its package. */
export const PACKAGE_FILES: Record<PackageKind, string> = { addon: 'tsexpose.node', sandbox: 'sandbox' };

/**
 * Returns the name of a platform's package.
 *
 * @example
 * ```ts
 * packageName('sandbox', 'linux-x64'); // '@tsexpose/sandbox-linux-x64'
 * ```
 */
export function packageName(kind: PackageKind, platform: string): string {
  return kind === 'addon' ? `@tsexpose/${platform}` : `@tsexpose/sandbox-${platform}`;
}

/** The package that brings the sandbox package of whatever platform it is installed on. */
export const SANDBOX_PACKAGE = '@tsexpose/sandbox';
