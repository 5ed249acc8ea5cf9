import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

describe('--require-name', () => {
  const names = async (prefix: string) =>
    (await sandbox().admin.nodes())
      .map(({ name }) => name)
      .filter((name) => name.startsWith(prefix))
      .sort();
  const start = (name: string, ...flags: string[]) =>
    surroundings().start(['3000', '--name', name, '--require-name', '--json', ...flags], envOf('alice'));

  it.each([
    ['a node that keeps its state', []],
    ['an ephemeral node', ['--ephemeral']],
  ])('fails for %s without leaving more nodes each time, and gets the name once it is free', async (what, flags) => {
    const name = `dup-${what.length}`;
    const other = surroundings().start(['3000', '--name', name, '--ephemeral', '--json'], envOf('bob'));
    await other.event('ready');
    const counts: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { code, stderr } = await start(name, ...flags).ended;
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('ERR_TSEXPOSE_NAME_TAKEN') });
      counts.push((await names(name)).length);
    }
    expect(counts).toEqual([1, 1, 1]);
    expect(
      surroundings()
        .leftovers()
        .filter((path) => path.startsWith('home')),
    ).toEqual([]);
    await other.stop();
    const run = start(name, ...flags);
    expect((await run.event('ready')).name).toBe(name);
    await run.stop();
  });

  it('gets the name with kept state of a node that was given another name', async () => {
    const other = surroundings().start(['3000', '--name', 'freed', '--ephemeral', '--json'], envOf('bob'));
    await other.event('ready');
    const earlier = surroundings().start(['3000', '--name', 'freed', '--json'], envOf('alice'));
    expect((await earlier.event('ready')).name).toBe('freed-1');
    await earlier.stop();
    // As long as the name is taken, the node stays what it is.
    expect((await start('freed').ended).code).toBe(4);
    expect(await names('freed')).toEqual(['freed', 'freed-1']);
    await other.stop();
    const run = start('freed');
    expect((await run.event('ready')).name).toBe('freed');
    await run.stop();
    expect(await names('freed')).toEqual(['freed']);
  });

  it('logs out a node whose auth key works only once', async () => {
    const other = surroundings().start(['3000', '--name', 'once', '--ephemeral', '--json'], envOf('bob'));
    await other.event('ready');
    const authKey = await sandbox().admin.newAuthKey({ person: 'alice' });
    const run = surroundings().start(['3000', '--name', 'once', '--require-name'], {
      ...envOf('alice'),
      TS_AUTHKEY: authKey,
    });
    expect((await run.ended).code).toBe(4);
    expect((await sandbox().admin.state()).counters.logouts).toContain('once-1');
    await other.stop();
  });
});
