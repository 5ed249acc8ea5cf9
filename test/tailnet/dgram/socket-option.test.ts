import dgram from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailnetDatagramSocket } from '../../../src/tailnet/dgram/datagram.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../pair.ts';

describe('what a UDP socket can do without a network interface', () => {
  useSandbox();
  let node: Tailnet;
  let socket: TailnetDatagramSocket;

  beforeAll(async () => {
    node = await join('alice', 'server');
    socket = node.createSocket('udp4').bind();
    await once(socket, 'listening');
  });
  afterAll(async () => {
    socket.close();
    await node.close({ timeout: 0 });
  });

  it('has every method of Node’s', () => {
    for (const name of Object.getOwnPropertyNames(dgram.Socket.prototype)) {
      expect(name in socket, name).toBe(true);
    }
  });

  it('sets and returns a TTL, and refuses one that is none', () => {
    expect(socket.setTTL(16)).toBe(16);
    expect(socket.setMulticastTTL(0)).toBe(0);
    expect(() => socket.setTTL(0)).toThrow(/^setTTL EINVAL$/);
    expect(() => socket.setMulticastTTL(256)).toThrow(/^setMulticastTTL EINVAL$/);
    expect(() => socket.setTTL('x' as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  it('sets broadcast and loopback, once it is bound', () => {
    socket.setBroadcast(true);
    expect(socket.setMulticastLoopback(true)).toBe(true);
    const unbound = node.createSocket('udp4');
    expect(() => unbound.setBroadcast(true)).toThrow(/^setBroadcast EBADF$/);
    expect(() => unbound.setMulticastLoopback(true)).toThrow(/^setMulticastLoopback EBADF$/);
    unbound.close();
  });

  it('joins no multicast group', () => {
    expect(() => socket.addMembership('224.0.0.114')).toThrow(/^addMembership ENODEV$/);
    expect(() => socket.dropMembership('224.0.0.114')).toThrow(/^dropMembership EADDRNOTAVAIL$/);
    expect(() => socket.addMembership('256.256.256.256')).toThrow(/^addMembership EINVAL$/);
    expect(() => socket.addSourceSpecificMembership('100.64.0.1', '0')).toThrow(/^addSourceSpecificMembership EINVAL$/);
    expect(() => socket.dropSourceSpecificMembership('100.64.0.1', '232.1.1.1')).toThrow(/EADDRNOTAVAIL$/);
  });

  it('takes the default interface for multicast and no other', () => {
    socket.setMulticastInterface('0.0.0.0');
    expect(() => socket.setMulticastInterface('224.0.0.2')).toThrow(/EINVAL/);
    expect(() => socket.setMulticastInterface('::')).toThrow(/EINVAL/);
    expect(() => socket.setMulticastInterface('192.0.2.1')).toThrow(/EADDRNOTAVAIL/);
  });

  it('remembers the sizes of its buffers', async () => {
    socket.setRecvBufferSize(10_000);
    socket.setSendBufferSize(20_000);
    const factor = process.platform === 'linux' ? 2 : 1;
    expect([socket.getRecvBufferSize(), socket.getSendBufferSize()]).toEqual([10_000 * factor, 20_000 * factor]);
    expect(() => socket.setRecvBufferSize(-1)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_BUFFER_SIZE' }));
    const unbound = node.createSocket({ type: 'udp4', recvBufferSize: 1000 });
    expect(() => unbound.getRecvBufferSize()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BUFFER_SIZE' }));
    await once(unbound.bind(), 'listening');
    expect(unbound.getRecvBufferSize()).toBe(1000 * factor);
    unbound.close();
  });

  it('counts what waits to be sent', async () => {
    expect([socket.getSendQueueSize(), socket.getSendQueueCount()]).toEqual([0, 0]);
    const connected = node.createSocket('udp4');
    connected.connect(socket.address().port);
    await once(connected, 'connect');
    const arrived = once(socket, 'message');
    connected.send('hello');
    expect([connected.getSendQueueSize(), connected.getSendQueueCount()]).toEqual([5, 1]);
    await arrived;
    connected.close();
  });
});
