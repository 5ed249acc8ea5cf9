// What building from source needs: Go, a C++ compiler and Python 3 (for node-gyp). One sentence for each that is
// missing or too old.
import { execFileSync } from 'node:child_process';

export const GO_MINIMUM = '1.26.6';

/** Returns one sentence for each missing prerequisite; an empty array when everything is there. */
export function missingTools(run = output) {
  const missing = [];
  const go = run('go', ['env', 'GOVERSION'], { GOTOOLCHAIN: 'local' });
  const version = go && /go(\d+\.\d+(?:\.\d+)?)/.exec(go)?.[1];
  if (!version)
    missing.push(`Go ${GO_MINIMUM} or newer is needed to build tsexpose, and no "go" was found on the PATH.`);
  else if (compare(version, GO_MINIMUM) < 0) {
    missing.push(`Go ${GO_MINIMUM} or newer is needed to build tsexpose, and this is Go ${version}.`);
  }
  const compiler = process.env.CXX ?? 'c++';
  if (!run(compiler, ['--version'])) {
    missing.push(
      `A C++17 compiler (GCC 8, Clang 7 or newer) is needed to build tsexpose, and "${compiler}" does not run. On Debian: apt-get install g++ make; on macOS: xcode-select --install.`,
    );
  }
  if (!run('make', ['--version'])) missing.push('make is needed to build tsexpose, and it was not found on the PATH.');
  const python = process.env.PYTHON ?? 'python3';
  if (!run(python, ['--version'])) {
    missing.push(`Python 3 is needed by node-gyp to build tsexpose, and "${python}" does not run.`);
  }
  return missing;
}

function output(command, args, env = {}) {
  try {
    return execFileSync(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  } catch {
    return undefined;
  }
}

export function compare(a, b) {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
