import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatagramInfo, DatagramPayload, TailnetDatagramSocket } from '../../../src/tailnet/dgram/datagram.ts';
import { encodeDatagram } from '../../../src/tailnet/dgram/datagram-frame.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../pair.ts';
import { decodeFrames } from './frames.ts';

describe('a UDP socket on the tailnet', () => {
  const sandbox = useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    // WireGuard's first handshake; a datagram before it may get lost.
    await bob.dial({ host: 'server', port: 9 }).catch(() => {});
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  const message = (socket: TailnetDatagramSocket) => once(socket, 'message') as Promise<[Buffer, DatagramInfo]>;
  const close = (...sockets: TailnetDatagramSocket[]) =>
    Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));

  it.each([
    ['udp4', 'IPv4', 0],
    ['udp6', 'IPv6', 1],
  ] as const)('carries datagrams both ways over %s, and knows who sent them', async (type, family, ip) => {
    const server = alice.createSocket(type, (text, { port, address }) => server.send(`re: ${text}`, port, address));
    await new Promise<void>((resolve) => server.bind(53, resolve));
    expect(server.address()).toEqual({ address: alice.ips[ip], family, port: 53 });
    const client = bob.createSocket(type);
    const asked = message(server);
    const answered = message(client);
    client.send('question', 53, 'server');
    expect((await asked)[1]).toEqual({
      address: bob.ips[ip],
      family,
      port: client.address().port,
      size: 8,
      identity: expect.objectContaining({ kind: 'user', login: 'bob@example.com', port: client.address().port }),
    });
    const [text, info] = await answered;
    expect(`${text}`).toBe('re: question');
    expect(info).toMatchObject({ address: alice.ips[ip], port: 53, identity: { login: 'alice@example.com' } });
    await close(server, client);
  });

  it('sends texts, buffers, parts of buffers and lists', async () => {
    const server = alice.createSocket('udp4').bind(54);
    const client = bob.createSocket('udp4');
    await once(server, 'listening');
    const sent: [DatagramPayload, ...number[]][] = [
      ['text'],
      [Buffer.from([1, 2, 3])],
      [Buffer.from('-middle-'), 1, 6],
      [['one', Buffer.from('two')]],
      [''],
    ];
    const received: string[] = [];
    for (const [payload, ...range] of sent) {
      const arrived = message(server);
      const bytes = await new Promise((resolve) =>
        client.send(payload, ...range, 54, 'server', (error, size) => resolve(error ?? size)),
      );
      const [buffer] = await arrived;
      expect(buffer.length).toBe(bytes);
      received.push(buffer.toString('latin1'));
    }
    expect(received).toEqual(['text', '\x01\x02\x03', 'middle', 'onetwo', '']);
    await close(server, client);
  });

  it('carries the largest datagram, and refuses a larger one as Node does', async () => {
    const server = alice.createSocket('udp4').bind(55);
    const client = bob.createSocket('udp4');
    await once(server, 'listening');
    const send = (size: number) =>
      new Promise((resolve) =>
        client.send(Buffer.alloc(size, 7), 55, 'server', (error, sent) => resolve(error ?? sent)),
      );
    const arrived = message(server);
    expect(await send(65_507)).toBe(65_507);
    expect((await arrived)[0]).toHaveLength(65_507);
    expect(await send(65_508)).toMatchObject({ code: 'EMSGSIZE', syscall: 'send' });
    await close(server, client);
  });

  it('hears only its peer when it is connected', async () => {
    const server = alice.createSocket('udp4').bind(56);
    const stranger = alice.createSocket('udp4').bind(57);
    const client = bob.createSocket('udp4');
    await Promise.all([once(server, 'listening'), once(stranger, 'listening')]);
    expect(() => client.remoteAddress()).toThrow('Not connected');
    await new Promise<void>((resolve) => client.connect(56, 'server', resolve));
    expect(client.remoteAddress()).toEqual({ address: alice.ips[0], family: 'IPv4', port: 56 });
    const arrived = message(server);
    client.send('hello');
    const [, { port, address }] = await arrived;
    const heard = message(client);
    stranger.send('from a stranger', port, address);
    await new Promise<void>((resolve) => server.send('from the peer', port, address, () => resolve()));
    expect(`${(await heard)[0]}`).toBe('from the peer');
    client.disconnect();
    const next = message(client);
    stranger.send('from a stranger', port, address);
    expect(`${(await next)[0]}`).toBe('from a stranger');
    await close(server, stranger, client);
  });

  it('tells of what has changed about a sender', async () => {
    const server = alice.createSocket('udp4').bind(58);
    const client = bob.createSocket('udp4');
    await once(server, 'listening');
    const name = async () => {
      const arrived = message(server);
      client.send('who am I', 58, 'server');
      return (await arrived)[1].identity.name;
    };
    expect(await name()).toBe('Bob Example');
    await sandbox().admin.changePerson('bob', { name: 'Robert Example' });
    await expect.poll(name, { timeout: 5000 }).toBe('Robert Example');
    await close(server, client);
  });

  it('fails with the codes of Node', async () => {
    const socket = alice.createSocket('udp4').bind(59);
    await once(socket, 'listening');
    expect(() => socket.bind(60)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_ALREADY_BOUND' }));
    const second = alice.createSocket('udp4').bind(59);
    const [error] = await once(second, 'error').catch((reason) => [reason]);
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', port: 59 });
    const send = (address: string) => new Promise((resolve) => socket.send('x', 1, address, resolve));
    expect(await send('nobody')).toMatchObject({ code: 'ENOTFOUND' });
    expect(() => socket.send('x', 0, 'server')).toThrow(/Port should be > 0 and < 65536/);
    await close(socket, second);
    expect(() => socket.close()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }));
    expect(await send('server')).toMatchObject({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' });
  });

  it('says nothing of what it could not send because it was closed, and sends nothing afterwards', async () => {
    const socket = alice.createSocket('udp4');
    const failed: Error[] = [];
    socket.on('error', (error) => failed.push(error));
    socket.send('x', 1, 'server'); // which looks for the name still
    socket.connect(1, 'server');
    await close(socket);
    expect(() => socket.send('x', 1, 'server')).toThrow(
      expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }),
    );
    expect(() => socket.connect(1, 'server')).toThrow(
      expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }),
    );
    const node = await join('carol', 'shortest-lived');
    const sender = node.createSocket('udp4').on('error', (error) => failed.push(error));
    for (let i = 0; i < 20; i++) sender.send('x', 1, 'server');
    const gone = once(sender, 'close');
    await node.close({ timeout: 0 });
    await gone;
    await new Promise(setImmediate);
    expect(failed).toEqual([]);
  });

  it('closes with its node', async () => {
    const node = await join('carol', 'short-lived');
    const socket = node.createSocket('udp4').bind(60);
    await once(socket, 'listening');
    const closed = once(socket, 'close');
    await node.close({ timeout: 0 });
    await closed;
  });

  it('closes with its node where it is only about to be bound, and cannot be bound on one that is closed', async () => {
    const node = await join('carol', 'shorter-lived');
    const sockets = Array.from({ length: 20 }, (_, port) => node.createSocket('udp4').bind(60 + port));
    const closed = sockets.map((socket) => once(socket, 'close')); // which rejects at an 'error'
    await node.close({ timeout: 0 });
    await Promise.all(closed);
    const [error] = await once(node.createSocket('udp4').bind(60), 'error');
    expect(error).toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
  });
});

describe('a datagram frame', () => {
  it.each(['100.64.0.1', 'fd7a:115c:a1e0::1', '::1', '1::', '1:2:3:4:5:6:7:8', '::'])('carries %s', (ip) => {
    const frame = encodeDatagram(ip, 53, [Buffer.from('payload')]);
    expect(decodeFrames(frame)).toEqual([{ kind: 'datagram', ip, port: 53, payload: Buffer.from('payload') }]);
  });
});
