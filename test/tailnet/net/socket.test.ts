import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCounts } from '../../../src/native/runtime.ts';
import type { TailnetServer } from '../../../src/tailnet/net/server.ts';
import type { TailnetSocket } from '../../../src/tailnet/net/socket.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { connectPair, join, readAll, useSandbox } from '../pair.ts';

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

describe('a tailnet socket', () => {
  useSandbox();
  let server: Tailnet;
  let client: Tailnet;
  let listener: TailnetServer;

  beforeAll(async () => {
    [server, client] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    listener = await server.listen(7, { allowHalfOpen: true });
  });
  afterAll(() => Promise.all([server.close({ timeout: 0 }), client.close({ timeout: 0 })]));

  it('is a net.Socket with the addresses of the tailnet at both ends', async () => {
    const [near, far] = await connectPair(client, server, listener);
    expect(near).toBeInstanceOf(net.Socket);
    expect(near.remoteAddress).toBe(server.ips[0]);
    expect(near.remotePort).toBe(7);
    expect(far.remoteAddress).toBe(client.ips[0]);
    expect(far.remotePort).toBe(near.localPort);
    expect(far.remoteFamily).toBe('IPv4');
    expect(far.address()).toEqual({ address: server.ips[0], family: 'IPv4', port: 7 });
    near.destroy();
    far.destroy();
  });

  it('has IPv6 addresses, without brackets, on an IPv6 connection', async () => {
    const accepted = once(listener, 'connection');
    const near = await client.dial({ host: server.ips[1]!, port: 7 });
    const [far] = await accepted;
    expect(far.remoteFamily).toBe('IPv6');
    expect(far.remoteAddress).toBe(client.ips[1]);
    expect(far.identity.login).toBe('bob@example.com');
    near.destroy();
    far.destroy();
  });

  it('goes on reading after it has ended its own side', async () => {
    const [near, far] = await connectPair(client, server, listener);
    const answer = randomBytes(10 << 20);
    near.end('question');
    expect((await readAll(far)).toString()).toBe('question');
    far.end(answer);
    expect(sha256(await readAll(near))).toBe(sha256(answer));
  });

  it('goes on writing after the peer has ended its side', async () => {
    const [near, far] = await connectPair(client, server, listener);
    near.allowHalfOpen = true;
    const upload = randomBytes(10 << 20);
    far.end('stop soon');
    expect((await readAll(near)).toString()).toBe('stop soon');
    near.end(upload);
    expect(sha256(await readAll(far))).toBe(sha256(upload));
  });

  it('stops the writer when the reader does not read', async () => {
    const [near, far] = await connectPair(client, server, listener);
    far.pause();
    const chunk = Buffer.alloc(64 << 10);
    let written = 0;
    while (near.write(chunk) && written < 256 << 20) {
      written += chunk.length;
      await new Promise(setImmediate);
    }
    expect(near.writableNeedDrain).toBe(true);
    expect(written).toBeLessThan(64 << 20);
    far.resume();
    await once(near, 'drain');
    near.destroy();
    far.destroy();
  });

  it('ends at the peer when it is destroyed, also when the peer never ends', async () => {
    const [near, far] = await connectPair(client, server, listener);
    const closed = once(near, 'close');
    far.destroy();
    near.resume();
    await closed;
    await expect.poll(() => nativeCounts().connections).toBe(0);
  });

  it.each(['the caller', 'the server'])('is reset by %s, which the peer is told', async (who) => {
    const [near, far] = await connectPair(client, server, listener);
    const [one, other] = who === 'the caller' ? [near, far] : [far, near];
    const told = once(other.resume(), 'end').catch((error) => error);
    expect(one.resetAndDestroy()).toBe(one);
    expect(one.destroyed).toBe(true);
    expect(await told).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(one.resetAndDestroy().errored).toBeNull();
    await expect.poll(() => nativeCounts().connections).toBe(0);
  });

  it('is reset once it is connected', async () => {
    const told: unknown[] = [];
    let accepted = false;
    const accept = (far: TailnetSocket) => {
      accepted = true;
      far.resume().on('error', (error) => told.push(error));
      far.on('end', () => told.push('end'));
    };
    listener.once('connection', accept);
    const near = client.connect({ host: server.ips[0]!, port: 7 }).resetAndDestroy();
    expect(near.destroyed).toBe(false);
    await once(near, 'close');
    await expect.poll(() => nativeCounts().connections).toBe(0);
    listener.off('connection', accept);
    // A reset that overtakes the connection leaves nothing to accept.
    await expect.poll(() => told).toEqual(accepted ? [expect.objectContaining({ code: 'ECONNRESET' })] : []);
  });

  it('is not inherited by a child process', async () => {
    const [near, far] = await connectPair(client, server, listener);
    const { stdout } = await promisify(execFile)('ls', ['-l', '/proc/self/fd']);
    // Its own standard streams are sockets that Node made for it.
    const inherited = stdout.split('\n').filter((line) => / (?![012] )\d+ -> socket:/.test(line));
    expect(inherited).toEqual([]);
    near.destroy();
    far.destroy();
  });

  it('fails with Node’s own codes when nothing is listening', async () => {
    await expect(client.dial({ host: server.ips[0]!, port: 9 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(client.dial({ host: 'no-such-device', port: 9 })).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(server.listen(7)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const signal = AbortSignal.abort();
    await expect(client.dial({ host: server.ips[0]!, port: 7, signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
