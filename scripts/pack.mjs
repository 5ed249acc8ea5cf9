// Makes what is published: a package with the addon and one with the sandbox program for each platform, @tsexpose/sandbox,
// and the main package. Every tarball is checked, and npm publishes it as it is.
//
//   node scripts/pack.mjs                              all that this machine can build, and a main package for these
//   node scripts/pack.mjs --platform linux-x64 …       only the packages of these platforms
//   node scripts/pack.mjs --main                       only the main package and @tsexpose/sandbox, for the tarballs in DIR
//
//   --out DIR      where the tarballs go, and where --main looks for those of the platforms; default: build/packages
//   --partial      with --main: some platforms may be missing. Such a main package must not be published
//   --prebuilt     take the addon and the sandbox program from build/ instead of building them. For tests only
//
// Linux packages are built on Linux for both CPUs (Go, and Zig from PyPI); macOS packages on a Mac with that CPU.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

process.chdir(dirname(import.meta.dirname));
const { buildAddon, buildSandbox } = await import('./pack/build.mjs');
const { faultsOfAddon, faultsOfSize, inMegabytes } = await import('./pack/check.mjs');
const { main, packedPlatforms, packMain, packPlatform, packSandbox } = await import('./pack/packages.mjs');
const { BUILDABLE, KINDS, OWN_PLATFORM, PACKAGE_FILES, PLATFORMS } = await import('./pack/platforms.mjs');

try {
  run(options());
} catch (error) {
  console.error(`pack: ${error.message}`);
  process.exitCode = 1;
}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      platform: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: 'build/packages' },
      main: { type: 'boolean', default: false },
      partial: { type: 'boolean', default: false },
      prebuilt: { type: 'boolean', default: false },
    },
  });
  values.platform.push(...positionals);
  for (const platform of values.platform) {
    if (!PLATFORMS.includes(platform)) throw new Error(`expected one of ${PLATFORMS.join(', ')}, got ${platform}`);
    if (!BUILDABLE.includes(platform)) throw new Error(`${platform} cannot be built on ${OWN_PLATFORM}`);
  }
  if (values.platform.length > 0 || values.main) return values;
  return { ...values, platform: values.prebuilt ? [OWN_PLATFORM] : BUILDABLE, main: true, partial: true };
}

function run({ platform: platforms, out, main: wantsMain, partial, prebuilt }) {
  mkdirSync(out, { recursive: true });
  for (const platform of platforms) {
    const folder = resolve('build/pack', platform);
    const files = { addon: join(folder, PACKAGE_FILES.addon), sandbox: join(folder, PACKAGE_FILES.sandbox) };
    if (prebuilt) takePrebuilt(files);
    else {
      buildAddon(platform, files.addon);
      buildSandbox(platform, files.sandbox);
      const faults = platform.startsWith('linux-') ? faultsOfAddon(files.addon, platform) : [];
      if (faults.length > 0) throw new Error(faults.map((fault) => `the addon for ${platform} ${fault}`).join('\n'));
    }
    for (const kind of KINDS) {
      const packed = packPlatform(kind, platform, files[kind], out);
      const faults = prebuilt ? [] : faultsOfSize(kind, packed);
      if (faults.length > 0) throw new Error(faults.map((fault) => `${packed.name} ${fault}`).join('\n'));
      report(packed);
    }
  }
  if (wantsMain) packRest(out, partial);
}

function packRest(out, partial) {
  const platforms = packedPlatforms(out);
  const missing = PLATFORMS.filter((platform) => !platforms.includes(platform));
  if (missing.length > 0 && !partial)
    throw new Error(`the packages of ${missing.join(', ')} in version ${main.version} are not in ${out}`);
  execFileSync(process.execPath, ['scripts/build.mjs', 'ts'], { stdio: 'inherit' });
  report(packSandbox(platforms, out));
  report(packMain(platforms, out));
  if (missing.length > 0) console.log(`pack: without ${missing.join(', ')}, so do not publish this main package`);
}

/** The addon and the program of this checkout: not for an old glibc, but there already. */
function takePrebuilt(files) {
  mkdirSync(dirname(files.addon), { recursive: true });
  cpSync('build/Release/tsexpose.node', files.addon);
  cpSync('build/sandbox', files.sandbox);
  execFileSync('strip', process.platform === 'darwin' ? ['-x', files.addon] : ['--strip-all', files.addon]);
}

function report({ name, version, size, unpackedSize, entryCount }) {
  const sizes = `${inMegabytes(size)} packed, ${inMegabytes(unpackedSize)} unpacked, ${entryCount} files`;
  console.log(`pack: ${name}@${version}: ${sizes}`);
}
