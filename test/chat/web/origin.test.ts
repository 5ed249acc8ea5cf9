import { once } from 'node:events';
import { request } from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoint, type LoopbackChat, startChat, upgradeStatus } from '../loopback.ts';
import { alice } from '../people.ts';

describe('the origin of a WebSocket', () => {
  let loopback: LoopbackChat;
  let endpoint: Endpoint;
  beforeAll(async () => {
    loopback = startChat();
    endpoint = await loopback.endpoint(alice);
  });
  afterAll(() => loopback[Symbol.asyncDispose]());

  const host = () => `127.0.0.1:${endpoint.port}`;

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
  ])('of %s is accepted or refused', async (_, headers, status) => {
    expect(await upgradeStatus(endpoint, headers())).toBe(status);
  });

  it('is not checked if there are two Hosts, which is refused', async () => {
    const socket = net.connect(endpoint.port, '127.0.0.1');
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(`GET /-/ws HTTP/1.1\r\nHost: chat\r\nHost: evil.example\r\n${upgrade}\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 421 /);
    socket.destroy();
  });

  it('protects the page too, which is not served under a foreign name', async () => {
    const asked = request(`${endpoint.url}/`, { headers: { host: 'evil.example' } }).end();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(421);
    response.resume();
  });
});
