// Finds the linters that are not npm packages, and installs those that are missing into .tools/ from the Go module proxy and
// PyPI, in the versions that scripts/lint-tools/ pins.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);
const PINS = join(import.meta.dirname, 'lint-tools');
const TOOLS = join(ROOT, '.tools');
const VENV = join(TOOLS, 'python');

const GO = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
  'compose-spec': 'github.com/compose-spec/compose-go/v2/cmd',
};
const PYTHON = ['zizmor', 'hadolint', 'kubernetes-validate'];

/**
 * Returns the path of a linter, or why there is none.
 *
 * @param {string} name
 * @returns {{ path: string, missing?: undefined } | { path?: undefined, missing: string }}
 */
export function lintTool(name) {
  if (name in GO) return goTool(name);
  if (PYTHON.includes(name)) return pythonTool(name);
  const found = onPath(name);
  return found ? { path: found } : { missing: `${name} is not on the PATH` };
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
  mkdirSync(TOOLS, { recursive: true });
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
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
