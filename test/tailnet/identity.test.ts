import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../src/identity/identity.ts';
import type { TailnetServer } from '../../src/tailnet/net/server.ts';
import type { TailnetSocket } from '../../src/tailnet/net/socket.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { connectPair, join, readAll, useSandbox } from './pair.ts';

describe('the identity of a connection', () => {
  const sandbox = useSandbox();
  const callers: Record<string, Tailnet> = {};
  let server: Tailnet;
  let listener: TailnetServer;

  beforeAll(async () => {
    server = await join('alice', 'server');
    for (const who of ['alice', 'bob', 'carol', 'tag:ci'])
      callers[who] = await join(who, `from-${who.replace(':', '-')}`);
    listener = await server.listen(7);
  });
  afterAll(() => Promise.all([server, ...Object.values(callers)].map((node) => node.close({ timeout: 0 }))));

  it('is the user of the device that calls', async () => {
    const [near, far] = await connectPair(callers.bob!, server, listener);
    expect(far.identity).toMatchObject({
      kind: 'user',
      login: 'bob@example.com',
      name: 'Bob Example',
      ip: callers.bob!.ips[0],
      port: near.localPort,
      node: { name: 'from-bob', tags: [], ips: callers.bob!.ips },
    });
    expect(far.identity.userId).toMatch(/^\d+$/);
    near.destroy();
    far.destroy();
  });

  it('is a device without a user when the device is tagged', async () => {
    const [near, far] = await connectPair(callers['tag:ci']!, server, listener);
    expect(far.identity).toMatchObject({ kind: 'tagged', login: '', name: '', userId: '', node: { tags: ['tag:ci'] } });
    near.destroy();
    far.destroy();
  });

  it('is right for each of 1,000 quick connections by three users at once', async () => {
    listener.on('connection', answerWithIdentity);
    const wrong: string[] = [];
    const call = async (who: string) => {
      const socket = await callers[who]!.dial({ host: server.ips[0]!, port: 7 });
      const { login } = JSON.parse((await readAll(socket)).toString()) as Identity;
      if (login !== `${who}@example.com`) wrong.push(`${who} was taken for ${login}`);
    };
    const callsOf = async (who: string, count: number) => {
      let left = count;
      const caller = async () => {
        while (left-- > 0) await call(who);
      };
      await Promise.all(Array.from({ length: 20 }, caller));
    };
    await Promise.all([callsOf('alice', 334), callsOf('bob', 333), callsOf('carol', 333)]);
    listener.off('connection', answerWithIdentity);
    expect(wrong).toEqual([]);
  });

  it('follows the network map while the connection is open', async () => {
    const [near, far] = await connectPair(callers.carol!, server, listener);
    const changed = once(far, 'identity');
    await sandbox().admin.changePerson('carol', { name: 'Carol Renamed' });
    await changed;
    expect(far.identity.name).toBe('Carol Renamed');
    near.destroy();
    far.destroy();
  });

  it('becomes unknown when the device is removed from the tailnet', async () => {
    const [near, far] = await connectPair(callers.carol!, server, listener);
    const changed = once(far, 'identity');
    await sandbox().admin.remove('from-carol');
    await changed;
    expect(far.identity).toMatchObject({ kind: 'unknown', login: '', name: '', userId: '' });
    near.destroy();
    far.destroy();
  });

  it('is a full name for a device that was shared in from another tailnet', async () => {
    const guest = await join('bob', 'guest');
    await sandbox().admin.shareIn('guest', 'tail-other.ts.net');
    callers.guest = guest;
    const foreign = 'guest.tail-other.ts.net';
    for await (const change of server.watch()) if (change.type === 'peer' && change.peer.fqdn === foreign) break;
    expect((await server.status()).peers.find(({ fqdn }) => fqdn === foreign)!.name).toBe(foreign);
    const [near, far] = await connectPair(guest, server, listener);
    expect(far.identity.node).toMatchObject({ name: foreign, fqdn: foreign });
    near.destroy();
    far.destroy();
    // A short name means a device of our own tailnet, in ASCII.
    await expect(server.whois('guest')).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NOT_FOUND' });
    expect(await server.whois(foreign)).toMatchObject({ node: { name: foreign } });
    expect(await server.whois('FROM-BOB')).toMatchObject({ login: 'bob@example.com' });
    await expect(server.whois('from-\u212aim')).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NOT_FOUND' });
  });

  it('is found by address and by name', async () => {
    expect(await server.whois(callers.bob!.ips[0]!)).toMatchObject({ login: 'bob@example.com' });
    expect(await server.whois(`[${callers.bob!.ips[1]}]:80`)).toMatchObject({ login: 'bob@example.com' });
    expect(await server.whois('from-bob')).toMatchObject({ login: 'bob@example.com' });
    await expect(server.whois('100.100.100.1')).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NOT_FOUND' });
    await expect(server.whois('127.0.0.1')).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NOT_FOUND' });
  });
});

function answerWithIdentity(socket: TailnetSocket): void {
  socket.end(JSON.stringify(socket.identity));
}
