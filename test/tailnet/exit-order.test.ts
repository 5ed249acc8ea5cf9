import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { nativeCounts } from '../../src/native/runtime.ts';
import { join, useSandbox } from './pair.ts';

describe('a control server that tells a node to exit', () => {
  const sandbox = useSandbox();
  const order = (name: string, status: number) => sandbox().admin.sendMapResponse(name, { Debug: { Exit: status } });

  it('closes that node, which says why, and nothing else in the process', async () => {
    const other = await join('bob', 'bystander');
    const node = await join('alice', 'dismissed');
    const states: unknown[] = [];
    node.on('state', (...state) => states.push(state));
    const closed = once(node, 'close');
    await order('dismissed', 7);
    await closed;
    const reason = 'the control server told the node to exit, with status 7';
    expect(states).toEqual([['stopped', reason]]);
    expect(node.failure).toMatchObject({ code: 'ERR_TSEXPOSE_CONTROL', message: expect.stringContaining('status 7') });
    await expect(node.status()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
    // An ephemeral node logs out when it closes.
    expect(await sandbox().admin.node('dismissed')).toBeUndefined();
    expect((await other.status()).state).toBe('running');
    await other.close();
    expect(nativeCounts().nodes).toBe(0);
  });

  it('may do so again', async () => {
    for (const status of [0, 1]) {
      const node = await join('alice', 'again');
      const closed = once(node, 'close');
      await order('again', status);
      await closed;
      expect(node.failure?.message).toContain(`status ${status}`);
    }
  });
});
