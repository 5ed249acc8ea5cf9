import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../tailnet/pair.ts';

const fixture = join(import.meta.dirname, 'fixtures/coexist.mjs');

describe('a process with a node in it', () => {
  const sandbox = useSandbox();

  const run = (what: string, nodeFlags: string[] = [], cwd = tmpdir()) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const args = [...nodeFlags, fixture, sandbox().controlUrl, what];
      execFile(process.execPath, args, { cwd, timeout: 20_000 }, (error, stdout, stderr) => {
        resolve({ code: error ? (error.signal ?? error.code) : 0, stdout, stderr });
      });
    });

  it('still turns a WebAssembly trap into an exception', async () => {
    expect(await run('trap')).toMatchObject({ code: 0, stdout: 'trapped\n' });
  });

  it('can exit in the middle of traffic, with its own exit code', async () => {
    for (let i = 0; i < 5; i++) expect(await run('exit')).toEqual({ code: 7, stdout: '', stderr: '' });
  }, 60_000);

  it('dies of an uncaught exception as any other, with the exception as its last words', async () => {
    const { code, stderr } = await run('throw');
    expect(code).toBe(1);
    expect(stderr).toContain('Error: on purpose');
    expect(stderr).not.toMatch(/SIG|goroutine|fatal error/);
  });

  it.each(['--cpu-prof', '--prof'])('can be profiled with %s', async (flag) => {
    const directory = mkdtempSync(join(tmpdir(), 'profile-'));
    expect((await run('profile', [flag], directory)).code).toBe(0);
    expect(readdirSync(directory).length).toBeGreaterThan(0);
    rmSync(directory, { recursive: true });
  });
});
