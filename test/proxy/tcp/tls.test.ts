import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, openSession, startSecureProxy } from './tls-rig.ts';

describe('TLS with callers', () => {
  it('closes a connection whose handshake takes too long', async () => {
    const socket = connect((await startSecureProxy(1)).port, '127.0.0.1').on('error', () => {});
    await once(socket.resume(), 'close');
  });

  it('ends handshakes when it closes and starts no more, but keeps connections open', async () => {
    const { port, sockets, terminator } = await startSecureProxy('text:hello');
    const session = openSession(port, {});
    expect((await ask(session, { ':path': '/' })).text).toBe('hello\n');
    const silent = connect(port, '127.0.0.1').on('error', () => {});
    await expect.poll(() => sockets.size).toBe(2);
    terminator.close();
    expect([...sockets].map(({ destroyed }) => destroyed)).toEqual([false, true]);
    await once(silent.resume(), 'close');
    await once(
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume(),
      'close',
    );
    expect((await ask(session, { ':path': '/' })).text).toBe('hello\n');
  });
});
