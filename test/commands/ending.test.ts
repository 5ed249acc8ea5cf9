import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, localApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

const expose = (name: string, target = '3000') =>
  surroundings().start([target, '--name', name, '--ephemeral', '--json'], envOf('alice'));

/** An app that responds when `answer` is called. */
async function slowApp() {
  let answer = () => {};
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const app = await localApp((_request, response) => {
    answer = () => response.end('done');
    arrived();
  });
  return { app, arrival, answer: () => answer() };
}

describe('the first signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s logs the node out, with exit code 130', async (signal) => {
    const name = signal.toLowerCase();
    const run = expose(name);
    await run.event('ready');
    const { code, signal: killer } = await run.stop(signal);
    expect({ code, killer }).toEqual({ code: 130, killer: null });
    expect(run.events.at(-1)).toEqual({ event: 'closed', reason: 'interrupted' });
    expect((await sandbox().admin.state()).counters.logouts).toContain(name);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('is an event also while the app is still starting', async () => {
    const run = surroundings().start(['--sandbox', '--json', '--', 'sleep', '60']);
    await run.until(({ stderr }) => stderr.includes('waiting for sleep 60 to listen on a port'));
    const { code } = await run.stop();
    expect(code).toBe(130);
    expect(run.events).toEqual([{ event: 'closed', reason: 'interrupted' }]);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('lets a request in flight finish', async () => {
    const { app, arrival, answer } = await slowApp();
    await using _ = app;
    const run = expose('drained', app.target);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'drained:80');
    const answered = fetch(door.url).then((response) => response.text());
    await arrival;
    run.child.kill('SIGINT');
    answer();
    expect(await answered).toBe('done');
    expect((await run.ended).code).toBe(130);
  });

  it('cancels a start in progress', async () => {
    await sandbox().admin.requireApproval();
    const run = expose('waiting');
    await run.until(({ events }) => events.some(({ state }) => state === 'needs-approval'));
    const { code, stderr } = await run.stop();
    await sandbox().admin.requireApproval(false);
    expect(code).toBe(130);
    expect(stderr).toBe('');
    expect(run.events.at(-1)).toEqual({ event: 'closed', reason: 'interrupted' });
    expect(surroundings().leftovers()).toEqual([]);
  });
});

describe('the second signal', () => {
  it('exits immediately', async () => {
    const { app, arrival } = await slowApp();
    await using _ = app;
    const run = expose('forced', app.target);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'forced:80');
    const asked = request(door.url)
      .on('error', () => {})
      .end();
    await arrival;
    const began = performance.now();
    run.child.kill('SIGINT');
    const again = setInterval(() => run.child.kill('SIGINT'), 100);
    const { code } = await run.ended;
    clearInterval(again);
    // Waiting for the request would take five seconds.
    expect(performance.now() - began).toBeLessThan(5000);
    expect(code).toBe(130);
    asked.destroy();
    const left = surroundings().leftovers();
    expect(left.filter((path) => path.startsWith('tmp/'))).toEqual([]);
  });
});

describe('standard output', () => {
  it('closed before any output is an error with exit code 1 that leaves nothing behind', async () => {
    const run = expose('closed-at-once');
    run.child.stdout!.destroy();
    const { code, stderr } = await run.ended;
    expect(stderr).toMatch(/^error: Standard output was closed\.$/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('closed later stops it with the next event', async () => {
    await using app = await localApp();
    const run = expose('closed-later', app.target);
    await run.event('ready');
    run.child.stdout!.destroy();
    await using door = await sandbox().door('bob', 'closed-later:80');
    await fetch(door.url).catch(() => undefined);
    expect((await run.ended).code).toBe(1);
    expect((await sandbox().admin.state()).counters.logouts).toContain('closed-later');
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('closed by head is not an error of a short command', async () => {
    const run = surroundings().start(['--help']);
    run.child.stdout!.destroy();
    const { code, stderr } = await run.ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('without a reader does not stop the app: events are dropped and counted', async () => {
    await using app = await localApp((_request, response) => response.end('here'));
    const run = expose('unread', app.target);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'unread:80');
    const ask = async () => expect(await (await fetch(`${door.url}/${'p'.repeat(7000)}`)).text()).toBe('here');
    run.child.stdout!.pause();
    // More than the pipe and the backlog can hold.
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, ask));
    run.child.stdout!.resume();
    await run.until(({ events }) => events.filter(({ event }) => event === 'request').length > 100);
    await ask();
    await run.until(({ events }) => events.some(({ code }) => code === 'TSEXPOSE_LOG_DROPPED'));
    await run.stop();
    const warnings = run.events
      .filter(({ code }) => code === 'TSEXPOSE_LOG_DROPPED')
      .map(({ message }) => String(message));
    const dropped = warnings.map((text) =>
      /^(\d+) log lines were dropped because the reader was too slow\.$/.exec(text),
    );
    expect(dropped).not.toContain(null);
    const told = run.events.filter(({ event }) => event === 'request').length;
    expect(told).toBeLessThan(201);
    const counted = dropped.reduce((sum, match) => sum + Number(match![1]), 0);
    expect(told + counted).toBeGreaterThanOrEqual(201);
  });
});

describe('standard input', () => {
  it('may end without stopping the program', async () => {
    const run = expose('no-input');
    await run.event('ready');
    expect(run.child.exitCode).toBeNull();
    const exit = once(run.child, 'exit');
    run.child.kill();
    await exit;
  });
});

describe('a control server that tells the node to exit', () => {
  const order = (name: string) => sandbox().admin.sendMapResponse(name, { Debug: { Exit: 0 } });

  it('ends the command with the reason, and exit code 1', async () => {
    const run = expose('ordered');
    await run.event('ready');
    await order('ordered');
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: The control server told the node to exit, with status 0\./);
    expect(run.events.at(-1)).toMatchObject({ event: 'error', code: 'ERR_TSEXPOSE_CONTROL' });
    expect(run.events.some(({ event }) => event === 'closed')).toBe(true);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('ends tsexpose connect, too', async () => {
    const run = surroundings().start(
      ['connect', 'nowhere:80', String(await freePort()), '--name', 'dialer', '--ephemeral'],
      envOf('alice'),
    );
    await run.until(({ stdout }) => stdout.includes('->'));
    await order('dialer');
    const { code, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('told the node to exit') });
  });
});
