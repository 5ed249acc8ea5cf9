import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

describe('tsexpose logout', () => {
  it('logs a node out and deletes its keys, but not while it is running', async () => {
    const env = envOf('alice');
    const node = surroundings().start(['3000', '--name', 'leaver', '--json'], env);
    await node.event('ready');
    const early = await surroundings().run(['logout', '--name', 'leaver'], env);
    expect(early.stderr).toContain('ERR_TSEXPOSE_STATE_IN_USE');
    expect(early.code).toBe(1);
    await node.stop();
    expect((await sandbox().admin.state()).counters.logouts).not.toContain('leaver');

    const { code, stdout } = await surroundings().run(['logout', '--name', 'leaver'], env);
    expect(stdout).toBe('Logged out leaver and deleted its keys.\n');
    expect(code).toBe(0);
    expect((await sandbox().admin.state()).counters.logouts).toContain('leaver');
    const left = surroundings().leftovers();
    expect(left.filter((path) => path.includes('leaver'))).toEqual([]);
  });

  it('deletes the keys of a node that the tailnet has removed, without logging it in again', async () => {
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

  it('says where it looked for the keys of an unknown node, with exit code 1', async () => {
    const { code, stderr } = await surroundings().run(['logout', '--name', 'unknown'], sandbox().env);
    expect(stderr).toMatch(/^error: No node keys found in \/.+\/tsexpose\/.+\/unknown\.$/m);
    expect(code).toBe(1);
    expect(surroundings().leftovers()).toEqual([]);
  });
});
