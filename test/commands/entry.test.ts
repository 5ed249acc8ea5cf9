import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRY, freshSurroundings } from './run.ts';

const surroundings = freshSurroundings();

describe('bin/run.js', () => {
  it('rejects an outdated Node.js', async () => {
    const old = join(surroundings().root, 'old.cjs');
    writeFileSync(
      old,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.0' } });",
    );
    const { code, stderr } = await surroundings().run(['--version'], { NODE_OPTIONS: `--require=${old}` });
    expect(stderr).toBe('error: tsexpose requires Node.js 20.19 or newer; this is 20.18.0.\n');
    expect(code).toBe(1);
  });

  it('says that a checkout has not been built', () => {
    const bin = join(surroundings().root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(surroundings().root, 'package.json'), '{"type":"module"}');
    copyFileSync(ENTRY, join(bin, 'run.js'));
    const { status, stderr } = spawnSync(process.execPath, [join(bin, 'run.js')], { encoding: 'utf8' });
    expect(stderr).toBe('error: tsexpose has not been built yet.\n  try: npm run build\n');
    expect(status).toBe(1);
  });

  // Root alone can run a program as another user.
  it.skipIf(process.getuid?.() !== 0)('works for a user without an entry in /etc/passwd, as in containers', () => {
    const bare = { PATH: process.env.PATH, TS_CONTROL_URL: 'http://127.0.0.1:1' };
    const run = (args: string[], env: NodeJS.ProcessEnv) =>
      spawnSync(process.execPath, [ENTRY, ...args], { encoding: 'utf8', cwd: '/', env, uid: 12345, gid: 12345 });
    for (const env of [{ ...bare, HOME: '/' }, bare, { ...bare, HOME: '' }]) {
      expect(run(['--version'], env)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^tsexpose\//),
        stderr: '',
      });
      expect(run(['--help'], env)).toMatchObject({ status: 0, stderr: '' });
      expect(run(['list'], env)).toMatchObject({ status: 0, stdout: 'No nodes are running.\n' });
      expect(run(['nonsense!'], env)).toMatchObject({ status: 2, stderr: expect.stringContaining('ERR_TSEXPOSE_') });
      const stateless = run(['3000', '--name', 'x', '--auth-key', 'x'], env);
      expect(stateless).toMatchObject({ status: 1, stderr: expect.stringContaining('ERR_TSEXPOSE_STATE_DIR') });
      expect(stateless.stderr).toContain('--state-dir');
      expect(run(['~/nothing'], env).stderr).toContain('"~/nothing" is not there');
    }
  });
});
