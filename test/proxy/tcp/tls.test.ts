import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testPair } from '../test-certificate.ts';
import { ask, openSession, startSecureProxy } from './tls-rig.ts';

describe('TLS with callers', () => {
  it('closes a connection whose handshake takes too long', async () => {
    const socket = connect((await startSecureProxy(1)).port, '127.0.0.1').on('error', () => {});
    await once(socket.resume(), 'close');
  });

  it('answers its own names and callers that send none, and no other', async () => {
    const { port } = await startSecureProxy('text:hello');
    const greet = async (servername: string) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        servername,
        ca: testPair.cert,
        checkServerIdentity: () => undefined,
      });
      onTestFinished(() => void socket.destroy());
      try {
        await once(socket, 'secureConnect');
        return 'connected';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    expect(await greet('APP.test')).toBe('connected');
    expect(await greet('')).toBe('connected');
    expect(await greet('evil.example')).not.toBe('connected');
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
