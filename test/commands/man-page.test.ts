import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { isLeftOut } from '../requirement.ts';

const page = readFileSync('dist/tsexpose.1', 'utf8');
const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
const noMandoc = isLeftOut(
  'mandoc',
  spawnSync('mandoc', ['-T', 'lint'], { input: '' }).error === undefined,
  'apt-get install mandoc',
);
const noMan = isLeftOut('man', spawnSync('man', ['--version']).status === 0, 'apt-get install man-db');

describe('the manual page', () => {
  it('is where package.json says', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8')).man).toBe('./dist/tsexpose.1');
  });

  it('has every command, flag and exit code', () => {
    const plain = page.replaceAll('\\-', '-');
    for (const [id, { flags }] of Object.entries<{ flags: object }>(commands)) {
      if (id !== 'expose') expect(plain).toContain(`\n.SS tsexpose ${id.replace(':', ' ')}\n`);
      for (const flag of Object.keys(flags)) expect(plain).toContain(`\\fB--${flag}\\fR`);
    }
    for (const code of Object.values(EXIT)) expect(page).toContain(`\n.B ${code}\n`);
  });

  it.skipIf(noMandoc)('has nothing for mandoc to warn about', () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', 'dist/tsexpose.1'], { encoding: 'utf8' });
    // A page that is built again must be the same, so it has no date.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  });

  it.skipIf(noMan)('is shown by man without a warning', () => {
    const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', 'dist/tsexpose.1'], { env, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^NAME\n +tsexpose +- +put +any +local +port +on +your +tailnet/m);
    expect(stdout).toContain('--detach');
  });
});
