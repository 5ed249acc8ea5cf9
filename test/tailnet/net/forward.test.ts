import { describe, expect, it } from 'vitest';
import { nativeRuntime } from '../../../src/native/runtime.ts';
import { join, useSandbox } from '../pair.ts';

describe('a forwarder', () => {
  useSandbox();
  const options = { target: '127.0.0.1:1', onConnection: () => {} };

  it('closes with its node', async () => {
    const node = await join('alice', 'short-lived');
    const forwarder = await node.forward(80, options);
    expect(nativeRuntime().listeners.size).toBe(1);
    await node.close({ timeout: 0 });
    expect(nativeRuntime().listeners.size).toBe(0);
    await forwarder.close();
  });

  it('is not opened by a node that has begun to close', async () => {
    const node = await join('alice', 'shorter-lived');
    const forwarders = Array.from({ length: 20 }, (_, port) => node.forward(8000 + port, options));
    const closed = node.close({ timeout: 0 });
    for (const outcome of await Promise.allSettled(forwarders)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_TSEXPOSE_NODE_CLOSED' } });
    }
    await closed;
    expect(nativeRuntime().listeners.size).toBe(0);
  });
});
