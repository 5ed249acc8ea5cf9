import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { type HostedChat, hostChat } from '../../src/chat/host.ts';
import { Chat } from '../../src/chat/room/chat.ts';
import { PROTOCOL } from '../../src/chat/room/event.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../tailnet/pair.ts';
import { type Endpoint, RawClient } from './loopback.ts';

describe('a chat on a tailnet', () => {
  const sandbox = useSandbox();
  const chat = new Chat();
  let tailnet: Tailnet;
  let hosted: HostedChat;
  beforeAll(async () => {
    tailnet = await join('alice', 'chat');
    hosted = await hostChat(tailnet, chat, { https: 'only' });
  });
  afterAll(async () => {
    await hosted.close();
    await tailnet.close();
  });

  const door = async (who: string, hostname?: string): Promise<Endpoint> => {
    const { url, port } = await sandbox().door(who, 'chat:80', { hostname });
    return { url, port, sockets: new Set() };
  };

  it('is served over HTTPS if the tailnet has certificates, and redirects browsers there', async () => {
    expect(hosted.urls).toEqual([`https://${tailnet.fqdn}`, `http://${tailnet.fqdn}`, 'http://chat']);
    const caller = await join('bob', 'caller');
    const moved = await caller.fetch('http://chat/design', { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([307, `https://${tailnet.fqdn}/design`]);
    const agent = caller.secureAgent({ ca: sandbox().ca });
    const [response] = await once(https.get(`https://${tailnet.fqdn}/-/whoami`, { agent }), 'response');
    expect(JSON.parse((await response.toArray()).join(''))).toMatchObject({ kind: 'user', handle: 'bob@example.com' });
    const socket = new WebSocket(`wss://${tailnet.fqdn}/-/ws`, PROTOCOL, { agent, origin: `https://${tailnet.fqdn}` });
    await once(socket, 'open');
    socket.send('{"type":"hello","room":"secure"}');
    const [data] = await once(socket, 'message');
    expect(JSON.parse(String(data))).toMatchObject({ type: 'welcome', you: { handle: 'bob@example.com' } });
    await sandbox().admin.remove('caller');
    await vi.waitUntil(() => chat.counts.people === 0);
    socket.terminate();
    await caller.close({ timeout: 0 });
  });

  it('knows people, devices, and their tags by the connection, on the page and through nc', async () => {
    const a = await RawClient.enter(await door('alice'));
    const c = await RawClient.enter(await door('ci-runner'));
    const { port } = await sandbox().door('bob', 'chat:2323');
    const nc = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    nc.end('hello from nc\n');
    expect(await a.next('message')).toMatchObject({ text: 'hello from nc', from: { handle: 'bob@example.com' } });
    const said = (await nc.toArray()).join('');
    expect(said).toContain('You are Bob Example (bob@example.com) in lobby');
    expect(said).toContain('ci-runner [tag:ci]');
    c.send({ type: 'say', ref: 'r1', text: 'green' });
    await a.until((event) => event.type === 'message' && event.text === 'green' && event.from.kind === 'device');
    a.socket.terminate();
    c.socket.terminate();
  });

  it('disconnects a user whose device is removed', async () => {
    const a = await RawClient.enter(await door('alice'), 'removal');
    const client = await RawClient.enter(await door('bob', 'bob-phone'), 'removal');
    await sandbox().admin.remove('bob-phone');
    expect((await a.next('leave')).person.handle).toBe('bob@example.com');
    a.socket.terminate();
    client.socket.terminate();
  });

  it('disconnects a user whose key has expired', async () => {
    const a = await RawClient.enter(await door('alice'), 'expiry');
    const client = await RawClient.enter(await door('carol', 'carol-phone'), 'expiry');
    await sandbox().admin.expire('carol-phone');
    expect((await a.next('leave')).person.handle).toBe('carol@example.com');
    a.socket.terminate();
    client.socket.terminate();
  });

  it('follows the grant that makes someone a moderator', async () => {
    const b = await RawClient.enter(await door('bob'), 'care');
    const grant = { src: 'bob', dst: 'chat', capability: 'tsexpose.dev/cap/chat' };
    await sandbox().admin.grant({ ...grant, values: [{ moderate: true }] });
    expect((await b.next('you')).moderator).toBe(true);
    await sandbox().admin.revoke(grant);
    expect((await b.next('you')).moderator).toBe(false);
    b.socket.terminate();
  });

  it('follows a new name at once', async () => {
    const [a, b] = [
      await RawClient.enter(await door('alice'), 'names'),
      await RawClient.enter(await door('bob'), 'names'),
    ];
    await sandbox().admin.changePerson('bob', { name: 'Robert Example' });
    expect((await a.next('person')).person).toMatchObject({ handle: 'bob@example.com', name: 'Robert Example' });
    await sandbox().admin.changePerson('bob', { name: 'Bob Example' });
    a.socket.terminate();
    b.socket.terminate();
  });

  it('leaves nothing open if it fails to start', async () => {
    const node = await join('bob', 'second');
    const lines = await node.listen(2323);
    await expect(hostChat(node, new Chat())).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await lines.close();
    await expect(hostChat(node, new Chat(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    for (const port of [80, 443, 2323]) await (await node.listen(port)).close();
    await node.close({ timeout: 0 });
  });

  it('fails on a node that closes while it starts', async () => {
    const warnings: Error[] = [];
    const onWarning = (error: Error) => warnings.push(error);
    for (let turns = 0; turns < 4; turns++) {
      const node = await join('bob', `brief-${turns}`);
      const hosting = hostChat(node, new Chat(), { onWarning });
      for (let i = 0; i < turns; i++) await node.status(); // a moment later each time
      const closed = node.close({ timeout: 0 });
      await expect(hosting).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
      await closed;
    }
    expect(warnings).toEqual([]);
  });
});
