// Checks what building from source requires: Go, a C++ compiler, make, and Python 3 (for node-gyp).
import { execFileSync } from 'node:child_process';

export const GO_MINIMUM = '1.26.6';

/** Returns a sentence for each prerequisite that is missing or too old; an empty array if there is none. */
export function missingTools(run = output) {
  const missing = [];
  const go = run('go', ['env', 'GOVERSION'], { GOTOOLCHAIN: 'local' });
  const version = go && /go(\d+\.\d+(?:\.\d+)?)/.exec(go)?.[1];
  if (!version) missing.push(`Building tsexpose requires Go ${GO_MINIMUM} or newer, but "go" is not on the PATH.`);
  else if (compare(version, GO_MINIMUM) < 0) {
    missing.push(`Building tsexpose requires Go ${GO_MINIMUM} or newer; found Go ${version}.`);
  }
  const compiler = process.env.CXX ?? 'c++';
  if (!run(compiler, ['--version'])) {
    missing.push(
      `Building tsexpose requires a C++17 compiler (GCC 8, Clang 7, or newer), but "${compiler}" does not run. On Debian: apt-get install g++ make. On macOS: xcode-select --install.`,
    );
  }
  if (!run('make', ['--version'])) missing.push('Building tsexpose requires make, but it is not on the PATH.');
  const python = process.env.PYTHON ?? 'python3';
  if (!run(python, ['--version'])) {
    missing.push(`Building tsexpose requires Python 3 (for node-gyp), but "${python}" does not run.`);
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
