import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCommand, installationOf, reinstallCommand } from '../src/installation.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsexpose-installation-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Lays out a project, and returns how the package at this path was installed. */
function laidOut(path: string, ...files: string[]) {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '{}');
  }
  return installationOf(join(root, path));
}

// What each really leaves behind is in test/packaging/run.mjs, where the commands are executed, too.
describe('the commands that errors suggest', () => {
  it.each([
    ['npm', 'node_modules/tsexpose', ['node_modules/.package-lock.json'], 'npm install -D x'],
    ['pnpm', 'node_modules/.pnpm/tsexpose@1/node_modules/tsexpose', ['node_modules/.modules.yaml'], 'pnpm add -D x'],
    ['yarn', 'node_modules/tsexpose', ['node_modules/.yarn-integrity'], 'yarn add -D x'],
    ['yarn', 'node_modules/tsexpose', ['node_modules/.yarn-state.yml'], 'yarn add -D x'],
    ['bun', 'node_modules/.bun/tsexpose@1/node_modules/tsexpose', [], 'bun add -D x'],
  ])('are for %s in %s with %j', (manager, path, files, command) => {
    const installation = laidOut(path, 'package.json', ...files);
    expect(installation).toEqual({ manager, scope: 'project', folder: root });
    expect(addCommand(installation, 'x')).toBe(command);
    expect(reinstallCommand(installation)).toBe(`rm -rf node_modules && ${manager} install`);
  });

  it('are for all projects where there is none', () => {
    const installation = laidOut('lib/node_modules/tsexpose');
    expect(installation).toMatchObject({ manager: 'npm', scope: 'global' });
    expect(addCommand(installation, 'x')).toBe('npm install --global x');
    expect(reinstallCommand(installation)).toMatch(/^npm install --global tsexpose@\d/);
  });

  it.each(['_npx/0123abcd', 'dlx/0123abcd', 'dlx-4711', 'bunx-0-tsexpose@1'])(
    'remove only the cached copy in %s',
    (path) => {
      const installation = laidOut(`${path}/node_modules/tsexpose`, `${path}/package.json`);
      expect(installation.scope).toBe('once');
      expect(reinstallCommand(installation)).toBe(`rm -rf ${JSON.stringify(join(root, path))}`);
    },
  );

  it('are those of Yarn with its zip archives, which need no node_modules', () => {
    const installation = laidOut('.yarn/cache/tsexpose.zip');
    expect(installation).toEqual({ manager: 'yarn', scope: 'project', folder: undefined });
    expect(reinstallCommand(installation)).toBe('yarn install');
  });
});
