import { describe, expect, it } from 'vitest';
import { sharedSurroundings } from './run.ts';

const surroundings = sharedSurroundings();

describe('--help', () => {
  it.each([
    ['program', ['--help']],
    ['expose', ['3000', '--help']],
    ['ci', ['ci', '--help']],
    ['doctor', ['doctor', '--help']],
    ['chat', ['chat', '--help']],
    ['chat-join', ['chat', 'join', '--help']],
    ['demo', ['demo', '--help']],
    ['sandbox', ['sandbox', '-h']],
    ['whois', ['help', 'whois']],
    ['status', ['status', '--help']],
    ['list', ['list', '--help']],
    ['logout', ['logout', '--help']],
    ['logs', ['logs', '--help']],
    ['stop', ['stop', '--help']],
    ['completion', ['completion', '--help']],
    ['connect', ['connect', '--help']],
  ])('shows examples first: %s', async (name, args) => {
    const { code, stdout, stderr } = await surroundings().run(args);
    await expect(stdout).toMatchFileSnapshot(`help/${name}.txt`);
    expect(stdout.indexOf('EXAMPLES')).toBeLessThan(stdout.indexOf('USAGE'));
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('is the same for --help, -h and help', async () => {
    const [a, b, c] = await Promise.all([['--help'], ['-h'], ['help']].map((args) => surroundings().run(args)));
    expect([b!.stdout, c!.stdout]).toEqual([a!.stdout, a!.stdout]);
  });

  it('does not print a key from the environment', async () => {
    const { stdout } = await surroundings().run(['3000', '--help'], { TS_AUTHKEY: 'tskey-auth-SECRET' });
    expect(stdout).not.toContain('SECRET');
  });
});

describe('--version', () => {
  it.each(['--version', '-v'])('prints the version: %s', async (flag) => {
    const { code, stdout } = await surroundings().run([flag]);
    expect(stdout).toMatch(/^tsexpose\/\d+\.\d+\.\d+ \S+ node-v\d+/);
    expect(code).toBe(0);
  });
});
