// The table of platforms in src/platforms.ts, and what the packer derives from it.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const { code } = transformSync(readFileSync('src/platforms.ts', 'utf8'), { loader: 'ts' });
export const { GLIBC_MINIMUM, PACKAGE_FILES, PLATFORMS, packageName, SANDBOX_PACKAGE } = await import(
  `data:text/javascript,${encodeURIComponent(code)}`
);

export const KINDS = ['addon', 'sandbox'];

/** The platform that this runs on. */
export const OWN_PLATFORM = `${process.platform}-${process.arch}`;

/** Those that this machine can build: any Linux on Linux, only its own on macOS. */
export const BUILDABLE = PLATFORMS.filter((platform) =>
  process.platform === 'linux' ? platform.startsWith('linux-') : platform === OWN_PLATFORM,
);

/** What others call a platform. */
export function namesOf(platform) {
  const [os, cpu] = platform.split('-');
  const zigCpu = { x64: 'x86_64', arm64: 'aarch64' }[cpu];
  return {
    os,
    cpu,
    libc: os === 'linux' ? 'glibc' : undefined,
    goos: os,
    goarch: { x64: 'amd64', arm64: 'arm64' }[cpu],
    zigTarget: `${zigCpu}-linux-gnu.${GLIBC_MINIMUM}`,
  };
}
