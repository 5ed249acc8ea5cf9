import { TsexposeError } from '../errors.ts';

/** The package with the addon and the sandbox program for each supported platform. */
export const PLATFORM_PACKAGES: Record<string, string> = {
  'linux-x64': '@tsexpose/linux-x64',
  'linux-arm64': '@tsexpose/linux-arm64',
  'darwin-x64': '@tsexpose/darwin-x64',
  'darwin-arm64': '@tsexpose/darwin-arm64',
};

/** Returns whether Node.js is running on musl (Alpine). */
export function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const excludeNetwork = report.excludeNetwork;
  report.excludeNetwork = true; // otherwise the report looks up names on the network
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = excludeNetwork;
  return header.glibcVersionRuntime === undefined;
}

/**
 * Returns why this platform cannot load the addon, as an error that suggests a fix; undefined if it can.
 *
 * @param platform - `process.platform`, a dash and `process.arch`, such as `linux-x64`
 */
export function unsupported(platform: string, musl: boolean): TsexposeError | undefined {
  if (musl) {
    return new TsexposeError(
      'ERR_TSEXPOSE_PLATFORM',
      'tsexpose needs glibc. This is musl (Alpine Linux), where Node.js cannot load a Go library (golang/go#13492).',
      {
        suggestions: ['Use an image with glibc, such as node:24-slim.'],
      },
    );
  }
  if (PLATFORM_PACKAGES[platform]) return undefined;
  const supported = Object.keys(PLATFORM_PACKAGES).join(', ');
  return new TsexposeError('ERR_TSEXPOSE_PLATFORM', `tsexpose runs on ${supported}, but this is ${platform}.`, {
    suggestions: platform.startsWith('win32') ? ['Run it under WSL 2.'] : [],
  });
}
