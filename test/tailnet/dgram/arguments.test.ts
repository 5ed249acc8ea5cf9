import dgram from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatagramPayload, TailnetDatagramSocket } from '../../../src/tailnet/dgram/datagram.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../pair.ts';

describe('the arguments of a UDP socket', () => {
  useSandbox();
  let node: Tailnet;

  beforeAll(async () => {
    node = await join('alice', 'server');
  });
  afterAll(() => node.close({ timeout: 0 }));

  async function bound(type: 'udp4' | 'udp6' = 'udp4'): Promise<TailnetDatagramSocket> {
    const socket = node.createSocket(type).bind();
    await once(socket, 'listening');
    return socket;
  }

  it('are those of a dgram.Socket, which it is', () => {
    const socket = node.createSocket({ type: 'udp4' });
    expect(socket).toBeInstanceOf(dgram.Socket);
    socket.close();
  });

  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  const views: [string, NodeJS.ArrayBufferView][] = [
    ['Int8Array', new Int8Array(bytes.buffer)],
    ['Uint16Array', new Uint16Array(bytes.buffer)],
    ['Float64Array', new Float64Array(bytes.buffer)],
    ['BigInt64Array', new BigInt64Array(bytes.buffer)],
    ['DataView', new DataView(bytes.buffer)],
    ['Uint8Array over part of a buffer', bytes.subarray(2, 5)],
    ['DataView over part of a buffer', new DataView(bytes.buffer, 3, 4)],
  ];
  it.each(views)('include every view of an ArrayBuffer: %s', async (_, view) => {
    const socket = await bound();
    const expected = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    for (const payload of [view, [view]] as DatagramPayload[]) {
      const arrived = once(socket, 'message');
      socket.send(payload, socket.address().port, node.ips[0]!);
      expect((await arrived)[0]).toEqual(expected);
    }
    socket.close();
  });

  it.each(['', null, undefined])('mean the node itself without an address: %j', async (address) => {
    const socket = await bound();
    const arrived = once(socket, 'message');
    socket.send('x', socket.address().port, address);
    expect((await arrived)[1]).toMatchObject({ address: node.ips[0], identity: { login: 'alice@example.com' } });
    socket.close();
  });

  it.each([
    [['x', 0], 'ERR_SOCKET_BAD_PORT', /^Port should be > 0 and < 65536/],
    [['x', 65_536, 'server'], 'ERR_SOCKET_BAD_PORT', /^Port should/],
    [['x', 1, false], 'ERR_INVALID_ARG_TYPE', /^The "address" argument must be of type string/],
    [[23, 1], 'ERR_INVALID_ARG_TYPE', /^The "buffer" argument/],
    [[['x', 23], 1], 'ERR_INVALID_ARG_TYPE', /^The "buffer list arguments" argument/],
    [['text', 5, 1, 1], 'ERR_BUFFER_OUT_OF_BOUNDS', /^"offset" is outside/],
    [['text', 0, 5, 1], 'ERR_BUFFER_OUT_OF_BOUNDS', /^"length" is outside/],
  ])('are checked by their own names: send(...%j)', (args, code, message) => {
    const socket = node.createSocket('udp4');
    const send = socket.send as (...values: unknown[]) => void;
    expect(() => send.apply(socket, args)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    socket.close();
  });

  it.each([
    ['udp5', 'ERR_SOCKET_BAD_TYPE'],
    [{ type: 'udp4', signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ type: 'udp4', lookup: 'name' }, 'ERR_INVALID_ARG_TYPE'],
    [{ type: 'udp4', recvBufferSize: 'large' }, 'ERR_INVALID_ARG_TYPE'],
  ])('are checked by their own names: createSocket(%j)', (options, code) => {
    expect(() => node.createSocket(options as 'udp4')).toThrow(expect.objectContaining({ code }));
  });

  it('leave out a callback that is not a function', async () => {
    const socket = await bound();
    socket.close('x' as never);
    await once(socket, 'close');
  });

  it('refuse to bind an address that is not the node’s, and every descriptor', async () => {
    const socket = node.createSocket('udp4');
    socket.bind(0, '192.0.2.1');
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', message: 'bind EADDRNOTAVAIL 192.0.2.1' });
    expect(() => socket.bind({ fd: 1 })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_FD_TYPE' }));
    for (const address of ['127.0.0.1', '0.0.0.0', 'localhost', node.ips[0]!]) {
      const own = node.createSocket('udp4').bind(0, address);
      await once(own, 'listening');
      expect(own.address().address).toBe(node.ips[0]);
      own.close();
    }
    socket.close();
  });

  it('include a lookup function and a signal', async () => {
    const controller = new AbortController();
    const asked: unknown[] = [];
    const socket = node.createSocket({
      type: 'udp4',
      signal: controller.signal,
      lookup: (host, family, callback) => {
        asked.push(host, family);
        callback(null, node.ips[0]);
      },
    });
    await once(socket.bind(), 'listening');
    const arrived = once(socket, 'message');
    socket.send('x', socket.address().port, 'anything.example');
    await arrived;
    expect(asked).toEqual(['anything.example', 4]);
    controller.abort();
    await once(socket, 'close');
    const aborted = node.createSocket({ type: 'udp4', signal: AbortSignal.abort() });
    await once(aborted, 'close');
    expect(() => aborted.bind()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }));
  });
});
