// Zig is the C compiler of the Linux packages: it links against any version of glibc, for any CPU, on any machine. PyPI has
// it as a package, which is installed into build/ziglang with the checksums below.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REQUIREMENT = [
  'ziglang==0.17.1',
  '--hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54', // Linux x86_64
  '--hash=sha256:b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e', // Linux aarch64
];

/** Returns the commands `cc` and `c++` for a target, each as a list of words. */
export function zigCompilers(target, folder = resolve('build/ziglang')) {
  const python = join(folder, 'bin/python');
  if (!works(python)) install(folder, python);
  const command = (name) => [python, '-m', 'ziglang', name, '-target', target];
  return { cc: command('cc'), cxx: command('c++') };
}

function works(python) {
  if (!existsSync(python)) return false;
  try {
    const version = execFileSync(python, ['-m', 'ziglang', 'version'], { encoding: 'utf8' }).trim();
    return REQUIREMENT[0] === `ziglang==${version}`;
  } catch {
    return false;
  }
}

function install(folder, python) {
  console.log('pack: installing Zig from PyPI');
  execFileSync('python3', ['-m', 'venv', '--clear', folder], { stdio: 'inherit' });
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${REQUIREMENT.join(' ')}\n`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--only-binary=:all:', '-r', requirements];
  execFileSync(python, pip, { stdio: 'inherit' });
}
