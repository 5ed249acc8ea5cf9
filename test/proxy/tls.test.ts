import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { testPair } from './test-certificate.ts';
import { startSecureProxy } from './tls-rig.ts';

describe('TLS with visitors', () => {
  it('is of version 1.2 at least', async () => {
    const { port } = await startSecureProxy(1);
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    const socket = connect({ host: '127.0.0.1', port, servername: 'app.test', ca: testPair.cert, ...old });
    const [error] = await once(socket, 'error');
    expect(error.code).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|ECONNRESET/);
  });

  it('ends where a handshake takes too long', async () => {
    const socket = connectTcp((await startSecureProxy(1)).port, '127.0.0.1').on('error', () => {});
    await once(socket.resume(), 'close');
  });
});
