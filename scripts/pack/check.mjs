// What a built file must be like before it is packed. A package with another file would fail on somebody's machine.
import { execFileSync } from 'node:child_process';
import { EXPORTS } from './build.mjs';
import { GLIBC_MINIMUM } from './platforms.mjs';

const MB = 1e6;
/** How large a package may be, in bytes: installed, and on its way. */
const LIMITS = {
  addon: { unpacked: 26 * MB, packed: 10 * MB },
  sandbox: { unpacked: 33 * MB, packed: 13 * MB },
};
const MACHINES = { x64: /X86-64/, arm64: /AArch64/ };
/** Libraries of glibc itself, which are there wherever Node.js runs. */
const LIBRARIES = /^(libc|libm|libdl|libpthread|libresolv|librt|ld-linux-x86-64|ld-linux-aarch64)\.so\.\d+$/;

/** Returns what is wrong with an addon for Linux, as sentences. */
export function faultsOfAddon(file, platform) {
  const { machine, needed, flags, glibc, others, exported } = readElf(file);
  const faults = [];
  if (!MACHINES[platform.split('-')[1]].test(machine)) faults.push(`is built for ${machine}`);
  if (glibc.some((version) => compare(version, GLIBC_MINIMUM) > 0))
    faults.push(`needs glibc ${glibc.at(-1)}; at most ${GLIBC_MINIMUM} is allowed`);
  if (others.length > 0) faults.push(`needs ${others.join(', ')}`);
  const strangers = needed.filter((name) => !LIBRARIES.test(name));
  if (strangers.length > 0) faults.push(`needs the libraries ${strangers.join(', ')}`);
  const extra = exported.filter((name) => !EXPORTS.includes(name));
  if (extra.length > 0) faults.push(`exports ${extra.length} more symbols than it should, such as ${extra[0]}`);
  const absent = EXPORTS.filter((name) => !exported.includes(name));
  if (absent.length > 0) faults.push(`does not export ${absent.join(', ')}`);
  if (!/\bNODELETE\b/.test(flags)) faults.push('can be unloaded, which the Go runtime does not survive');
  return faults;
}

/** Returns what is wrong with the size of a package, as sentences. */
export function faultsOfSize(kind, { size, unpackedSize }) {
  const { unpacked, packed } = LIMITS[kind];
  return [
    [unpackedSize, unpacked, 'unpacked'],
    [size, packed, 'packed'],
  ]
    .filter(([bytes, limit]) => bytes > limit)
    .map(([bytes, limit, what]) => `has ${inMegabytes(bytes)} ${what}; at most ${inMegabytes(limit)} is allowed`);
}

export function inMegabytes(bytes) {
  return `${(bytes / MB).toFixed(1)} MB`;
}

function readElf(file) {
  const text = execFileSync('readelf', ['-W', '-h', '-d', '--version-info', '--dyn-syms', file], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const all = (pattern) => [...new Set([...text.matchAll(pattern)].map((match) => match[1]))];
  return {
    machine: /Machine:\s+(.*)/.exec(text)?.[1] ?? 'an unknown CPU',
    needed: all(/\(NEEDED\).*\[(.*)\]/g),
    flags: /\(FLAGS_1\)\s+(.*)/.exec(text)?.[1] ?? '',
    glibc: all(/Name: GLIBC_([\d.]+)/g).sort(compare),
    others: all(/Name: ((?:GLIBCXX|CXXABI|GCC|GLIBC_[A-Z])\S*)/g),
    // Number: value, size, type, binding, visibility, section, name.
    exported: all(/^\s*\d+: [0-9a-f]+\s+\d+ \w+\s+(?:GLOBAL|WEAK)\s+\w+\s+\d+ ([^\s@]+)/gm),
  };
}

function compare(a, b) {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  return 0;
}
