import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { ENTRY, freshSurroundings, Run, sharedApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const app = sharedApp();

/** Starts the program with a redirection, such as `>/dev/full`. */
function redirected(redirection: string, args: string[], env: NodeJS.ProcessEnv): Run {
  const { root, env: around } = surroundings();
  return new Run(
    spawn('sh', ['-c', `exec "$0" "$@" ${redirection}`, process.execPath, ENTRY, ...args], {
      cwd: join(root, 'work'),
      env: { ...around, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  it.each([
    ['standard output', '>/dev/full', ['--json']],
    ['standard output without --json', '>/dev/full', []],
    ['both outputs', '>/dev/full 2>&1', ['--verbose']],
  ])('behind %s does not stop the service', async (_, redirection, flags) => {
    const run = redirected(redirection, [app().target, '--name', 'full', '--ephemeral', ...flags], envOf('alice'));
    await sandbox().admin.until(({ nodes }) => nodes.some(({ name, online }) => name === 'full' && online));
    await using door = await sandbox().door('bob', 'full:80');
    const status = () => fetch(door.url).then((response) => response.status);
    await expect.poll(status, { timeout: 10_000 }).toBe(200);
    for (let i = 0; i < 3; i++) expect(await status()).toBe(200);
    if (!redirection.includes('2>')) {
      await run.until(({ stderr }) => stderr.includes('ENOSPC'));
      expect(run.stderr.match(/ENOSPC/g)).toHaveLength(1);
    }
    expect((await run.stop('SIGTERM')).code).toBe(130);
    expect((await sandbox().admin.state()).counters.logouts).toContain('full');
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('is an error of a short command', async () => {
    const { code, stderr } = await redirected('>/dev/full', ['list'], {}).ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ENOSPC') });
  });
});

describe('an exception that nothing catches', () => {
  it.each([
    ['thrown', `throw new Error('on purpose')`],
    ['rejected', `Promise.reject(new Error('on purpose'))`],
  ])('and is %s ends with an error event, a drain and a logout', async (_, statement) => {
    const hook = `process.on('SIGUSR2', () => { ${statement} })`;
    const run = surroundings().start([app().target, '--name', 'uncaught', '--ephemeral', '--json'], {
      ...envOf('alice'),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    });
    await run.event('ready');
    run.child.kill('SIGUSR2');
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Error: on purpose');
    expect(run.events.slice(-2)).toMatchObject([
      { event: 'closed', reason: 'an unexpected error' },
      { event: 'error', code: 'ERR_TSEXPOSE_INTERNAL', message: expect.stringContaining('on purpose') },
    ]);
    expect((await sandbox().admin.state()).counters.logouts).toContain('uncaught');
    expect(surroundings().leftovers()).toEqual([]);
  });
});
