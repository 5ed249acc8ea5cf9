// Runs actionlint and zizmor on the workflows and on action.yml. Prints nothing if both pass. Where a linter cannot be
// installed, it is skipped with a note, except on GitHub, where that is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lintTool } from './lint-tools.mjs';

process.chdir(dirname(import.meta.dirname));
const workflows = readdirSync('.github/workflows').map((name) => join('.github/workflows', name));
const actions = ['action.yml'].filter((path) => existsSync(path));

// actionlint knows workflows only, and runs shellcheck on their scripts if it is installed.
lint('actionlint', ['-no-color', ...workflows]);
lint('zizmor', [
  '--offline',
  '--no-progress',
  '--quiet',
  '--color=never',
  '--persona=pedantic',
  ...workflows,
  ...actions,
]);

function lint(name, args) {
  const { path, missing } = lintTool(name);
  if (missing) {
    console.error(`Skipped ${name}: ${missing}`);
    if (process.env.GITHUB_ACTIONS) process.exitCode = 1;
    return;
  }
  const { status, stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
  if (status === 0) return;
  console.error(stdout + stderr);
  process.exitCode = 1;
}
