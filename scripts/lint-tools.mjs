// Finds the linters that are not npm packages, and installs those that are missing into .tools/ from the Go module proxy and
// PyPI, in the versions that scripts/lint-tools/ pins.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);
const PINS = join(import.meta.dirname, 'lint-tools');
const TOOLS = join(ROOT, '.tools');
const VENV = join(TOOLS, 'python');

const GO = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
  'compose-spec': 'github.com/compose-spec/compose-go/v2/cmd',
};
/** No installation takes longer. */
const LOCK_MS = 600_000;
const PYTHON = ['zizmor', 'hadolint', 'kubernetes-validate'];

/**
 * Returns the path of a linter, or why there is none.
 *
 * @param {string} name
 * @returns {{ path: string, missing?: undefined } | { path?: undefined, missing: string }}
 */
export function lintTool(name) {
  if (name in GO) return oneAtATime(() => goTool(name));
  if (PYTHON.includes(name)) return oneAtATime(() => pythonTool(name));
  const found = onPath(name);
  return found ? { path: found } : { missing: `${name} is not on the PATH` };
}

/** Several test files may need the same linter at once, and only one process may install it. */
function oneAtATime(work) {
  mkdirSync(TOOLS, { recursive: true });
  const lock = join(TOOLS, 'lock');
  while (!tryLock(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const { mtimeMs } = statSync(lock, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    // A process that died may have left it, even before it wrote its number.
    if (!isRunning(Number(read(lock))) || Date.now() - mtimeMs > LOCK_MS) rmSync(lock, { force: true });
    return false;
  }
}

function isRunning(pid) {
  // Not written yet, or removed since.
  if (!pid) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function goTool(name) {
  const path = join(TOOLS, 'go', name);
  const stamp = `${path}.pins`;
  const pins = readFileSync(join(PINS, name, 'go.sum'), 'utf8');
  if (existsSync(path) && read(stamp) === pins) return { path };
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' };
  const failure = run('go', ['build', '-trimpath', '-o', path, GO[name]], { cwd: join(PINS, name), env });
  if (failure) return { missing: `${name} could not be built: ${failure}` };
  writeFileSync(stamp, pins);
  return { path };
}

function pythonTool(name) {
  const path = join(VENV, 'bin', name);
  const stamp = join(VENV, 'pins');
  const pins = readFileSync(join(PINS, 'requirements.txt'), 'utf8');
  if (existsSync(path) && read(stamp) === pins) return { path };
  const failure =
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', '--clear', VENV]) ??
    run(join(VENV, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', join(PINS, 'requirements.txt')]);
  if (failure) return { missing: `${name} could not be installed: ${failure}` };
  writeFileSync(stamp, pins);
  return { path };
}

function onPath(name) {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** Runs a program, and returns the last line that it printed if it failed. */
function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (status === 0) return undefined;
  return error?.message ?? ((stderr || stdout).trim().split('\n').at(-1) || `exit code ${status}`);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
