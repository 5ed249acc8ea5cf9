import { once } from 'node:events';
import { request } from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, type LoopbackChat, startChat, upgradeStatus } from '../loopback.ts';
import { alice } from '../people.ts';

describe('the origin of a WebSocket', () => {
  let loopback: LoopbackChat;
  let door: Door;
  beforeAll(async () => {
    loopback = startChat();
    door = await loopback.door(alice);
  });
  afterAll(() => loopback[Symbol.asyncDispose]());

  const host = () => `127.0.0.1:${door.port}`;

  it.each([
    ['the chat’s own page', () => ({ origin: `http://${host()}` }), 101],
    ['the page under another of its names', () => ({ host: 'chat', origin: 'http://chat' }), 101],
    ['a program, which has none', () => ({}), 101],
    ['another site', () => ({ origin: 'https://evil.example' }), 403],
    ['another port of the same machine', () => ({ origin: 'http://127.0.0.1:1' }), 403],
    ['the same name over another scheme', () => ({ origin: `https://${host()}` }), 403],
    ['a file or a sandboxed frame', () => ({ origin: 'null' }), 403],
    ['a site whose name begins like ours', () => ({ host: 'chat', origin: 'http://chat.evil.example' }), 403],
    ['a site whose name was pointed at us', () => ({ host: 'evil.example', origin: 'http://evil.example' }), 421],
    ['a Host with a user in it', () => ({ host: 'chat@evil.example' }), 421],
  ])('may be that of %s, or not', async (_, headers, status) => {
    expect(await upgradeStatus(door, headers())).toBe(status);
  });

  it('is not looked for where there are two Hosts', async () => {
    const socket = net.connect(door.port, '127.0.0.1');
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(`GET /-/ws HTTP/1.1\r\nHost: chat\r\nHost: evil.example\r\n${upgrade}\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 421 /);
    socket.destroy();
  });

  it('matters for the page as well: under a foreign name there is none', async () => {
    const asked = request(`${door.url}/`, { headers: { host: 'evil.example' } }).end();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(421);
    response.resume();
  });
});
