import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

describe('tsexpose logout', () => {
  it('takes a node off the tailnet and forgets its keys, but not while it runs', async () => {
    const env = envOf('alice');
    const node = surroundings().start(['3000', '--name', 'leaver', '--json'], env);
    await node.event('ready');
    const early = await surroundings().run(['logout', '--name', 'leaver'], env);
    expect(early.stderr).toContain('ERR_TSEXPOSE_STATE_IN_USE');
    expect(early.code).toBe(1);
    await node.stop();
    expect((await sandbox().admin.state()).counters.logouts).not.toContain('leaver');

    const { code, stdout } = await surroundings().run(['logout', '--name', 'leaver'], env);
    expect(stdout).toBe('leaver is logged out, and its keys are gone.\n');
    expect(code).toBe(0);
    expect((await sandbox().admin.state()).counters.logouts).toContain('leaver');
    const left = surroundings().leftovers();
    expect(left.filter((path) => path.includes('leaver'))).toEqual([]);
  });

  it('forgets the keys of a node that the tailnet has removed, and does not log it in again', async () => {
    const env = envOf('bob');
    const node = surroundings().start(['3000', '--name', 'removed', '--json'], env);
    await node.event('ready');
    await node.stop();
    await sandbox().admin.remove('removed');
    const { code, stdout } = await surroundings().run(['logout', '--name', 'removed', '--json'], env);
    expect(JSON.parse(stdout)).toEqual({ event: 'logged-out', name: 'removed' });
    expect(code).toBe(0);
    expect(await sandbox().admin.node('removed')).toBeUndefined();
  });

  it('says where it looked for the keys of a node that never was, with exit code 1', async () => {
    const { code, stderr } = await surroundings().run(['logout', '--name', 'nobody'], sandbox().env);
    expect(stderr).toMatch(/^error: Expected the keys of a node in \/.+\/tsexpose\/.+\/nobody, found none\.$/m);
    expect(code).toBe(1);
    expect(surroundings().leftovers()).toEqual([]);
  });
});
