import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, localService } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

const expose = (name: string, target = '3000') =>
  surroundings().start([target, '--name', name, '--ephemeral', '--json'], envOf('alice'));

/** A service that answers when it is told to. */
async function slowService() {
  let answer = () => {};
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const service = await localService((_request, response) => {
    answer = () => response.end('done');
    arrived();
  });
  return { service, arrival, answer: () => answer() };
}

describe('the first signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s takes the node off the tailnet, with exit code 130',
    async (signal) => {
      const name = signal.toLowerCase();
      const run = expose(name);
      await run.event('ready');
      const { code, signal: killer } = await run.stop(signal);
      expect({ code, killer }).toEqual({ code: 130, killer: null });
      expect(run.events.at(-1)).toEqual({ event: 'closed', reason: 'interrupted' });
      expect((await sandbox().admin.state()).counters.logouts).toContain(name);
      expect(surroundings().leftovers()).toEqual([]);
    },
  );

  it('is an event also while the service is not there that is started as well', async () => {
    const run = surroundings().start(['--sandbox', '--json', '--', 'sleep', '60']);
    await run.until(({ stderr }) => stderr.includes('waiting for sleep 60 to listen on a port'));
    const { code } = await run.stop();
    expect(code).toBe(130);
    expect(run.events).toEqual([{ event: 'closed', reason: 'interrupted' }]);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('lets a request end that is under way', async () => {
    const { service, arrival, answer } = await slowService();
    await using _ = service;
    const run = expose('drained', service.target);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'drained:80');
    const answered = fetch(door.url).then((response) => response.text());
    await arrival;
    run.child.kill('SIGINT');
    answer();
    expect(await answered).toBe('done');
    expect((await run.ended).code).toBe(130);
  });

  it('ends a start that is under way', async () => {
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
  it('ends the program at once', async () => {
    const { service, arrival } = await slowService();
    await using _ = service;
    const run = expose('forced', service.target);
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
    // The drain alone would have taken that long.
    expect(performance.now() - began).toBeLessThan(5000);
    expect(code).toBe(130);
    asked.destroy();
    const left = surroundings().leftovers();
    expect(left.filter((path) => path.startsWith('tmp/'))).toEqual([]);
  });
});

describe('standard output', () => {
  it('closed before anything was printed ends it in one sentence, with exit code 1 and nothing left', async () => {
    const run = expose('closed-at-once');
    run.child.stdout!.destroy();
    const { code, stderr } = await run.ended;
    expect(stderr).toMatch(/^error: Expected somebody to read standard output, and it was closed\.$/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('closed later ends it with the next event', async () => {
    await using service = await localService();
    const run = expose('closed-later', service.target);
    await run.event('ready');
    run.child.stdout!.destroy();
    await using door = await sandbox().door('bob', 'closed-later:80');
    await fetch(door.url).catch(() => undefined);
    expect((await run.ended).code).toBe(1);
    expect((await sandbox().admin.state()).counters.logouts).toContain('closed-later');
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('closed by head ends a short command quietly', async () => {
    const run = surroundings().start(['--help']);
    run.child.stdout!.destroy();
    const { code, stderr } = await run.ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('that nobody reads does not stop the service; events are dropped then, and counted', async () => {
    await using service = await localService((_request, response) => response.end('here'));
    const run = expose('unread', service.target);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'unread:80');
    const ask = async () => expect(await (await fetch(`${door.url}/${'p'.repeat(7000)}`)).text()).toBe('here');
    run.child.stdout!.pause();
    // More than a pipe and the backlog hold.
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, ask));
    run.child.stdout!.resume();
    await run.until(({ events }) => events.filter(({ event }) => event === 'request').length > 100);
    await ask();
    await run.until(({ events }) => events.some(({ code }) => code === 'TSEXPOSE_LOG_DROPPED'));
    const { message } = run.events.find(({ code }) => code === 'TSEXPOSE_LOG_DROPPED')!;
    expect(message).toMatch(/^\d+ lines of the log were dropped, because nobody read them in time\.$/);
    await run.stop();
    const told = run.events.filter(({ event }) => event === 'request').length;
    expect(told).toBeLessThan(201);
    expect(told + Number.parseInt(String(message), 10)).toBeGreaterThanOrEqual(201);
  });
});

describe('standard input', () => {
  it('may end without ending the program', async () => {
    const run = expose('no-input');
    await run.event('ready');
    expect(run.child.exitCode).toBeNull();
    const exit = once(run.child, 'exit');
    run.child.kill();
    await exit;
  });
});
