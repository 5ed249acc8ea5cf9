import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('the package', () => {
  it('has the expected types (npm run test:types)', () => {
    const tsc = join(fileURLToPath(import.meta.resolve('typescript/package.json')), '../bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', import.meta.dirname], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('is the same module whether imported or required', async () => {
    const program = `
      const required = require('tsexpose');
      import('tsexpose').then((imported) => {
        console.log(required.Tailnet === imported.Tailnet, typeof require('tsexpose/express').tailscale);
      });`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--eval', program]);
    expect(stdout).toBe('true function\n');
  });
});
