import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'vitest';
import { startSecureProxy } from './tls-rig.ts';

describe('TLS with visitors', () => {
  it('ends where a handshake takes too long', async () => {
    const socket = connect((await startSecureProxy(1)).port, '127.0.0.1').on('error', () => {});
    await once(socket.resume(), 'close');
  });
});
