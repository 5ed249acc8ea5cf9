import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Door } from '../../src/sandbox/door.ts';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { WhoisAnswer } from '../../src/sandbox/state.ts';

describe('the admin interface of a sandbox', () => {
  let sandbox: Sandbox;
  let bob: Door;

  beforeAll(async () => {
    sandbox = await Sandbox.start({
      people: [
        { id: 'alice', login: 'alice@example.com', name: 'Alice Example' },
        { id: 'bob', login: 'bob@example.com', name: 'Bob Example', groups: ['group:eng'] },
      ],
      grants: [{ src: 'group:eng', dst: 'whoami', capability: 'example.com/cap/app', values: [{ role: 'reader' }] }],
    });
    await sandbox.admin.serve({ who: 'alice', hostname: 'whoami', port: 80, kind: 'whois' });
    bob = await sandbox.door('bob', 'whoami:80');
  });
  afterAll(() => sandbox.close());

  const ask = async (door = bob) => (await (await fetch(door.url)).json()) as WhoisAnswer;
  /** Asks until the node has heard of a change; a test that never hears of it times out. */
  const askUntil = async (heard: (answer: WhoisAnswer) => boolean, door = bob): Promise<WhoisAnswer> => {
    const answer = await ask(door);
    return heard(answer) ? answer : askUntil(heard, door);
  };

  it('starts with the people, groups and grants it was given', async () => {
    const answer = await ask();
    expect(answer).toMatchObject({
      groups: ['group:eng'],
      capabilities: { 'example.com/cap/app': [{ role: 'reader' }] },
    });
    expect((await sandbox.admin.state()).people.map(({ id }) => id)).toEqual(['alice', 'bob']);
  });

  it('changes a person for all who see them', async () => {
    await sandbox.admin.changePerson('bob', { name: 'Robert “Bob” Exämple', picture: 'data:,bob' });
    const answer = await askUntil(({ picture }) => picture === 'data:,bob');
    expect(answer.name).toBe('Robert “Bob” Exämple');
    await sandbox.admin.changePerson('bob', { login: 'robert@example.com' });
    await askUntil(({ login }) => login === 'robert@example.com');
    await sandbox.admin.changePerson('robert@example.com', { login: 'bob@example.com', name: 'Bob Example' });
    await askUntil(({ login }) => login === 'bob@example.com');
  });

  it('grants and revokes capabilities', async () => {
    const capability = 'example.com/cap/extra';
    await sandbox.admin.grant({ src: 'bob', dst: '*', capability, values: ['a', { b: 1 }] });
    const granted = await askUntil(({ capabilities }) => capability in (capabilities ?? {}));
    expect(granted.capabilities![capability]).toEqual(['a', { b: 1 }]);
    await sandbox.admin.revoke({ capability });
    await askUntil(({ capabilities }) => !(capability in (capabilities ?? {})));
    await expect(sandbox.admin.grant({ src: 'bob', dst: '*', capability: 'nonsense', values: [] })).rejects.toThrow(
      'a grant requires',
    );
  });

  it('adds a person who can join and knock at once', async () => {
    expect(await sandbox.admin.addPerson({ id: 'dave', login: 'dave@example.com', name: 'Dave' })).toBe(
      'tskey-auth-dave',
    );
    await using door = await sandbox.door('dave', 'whoami:80');
    expect(await ask(door)).toMatchObject({ login: 'dave@example.com' });
  });

  it('makes a device a tagged one', async () => {
    await using door = await sandbox.door('alice', 'whoami:80', { hostname: 'buildbox' });
    expect(await ask(door)).toMatchObject({ login: 'alice@example.com' });
    await sandbox.admin.setTags('buildbox', ['tag:build']);
    expect(await askUntil(({ tags }) => tags.length > 0, door)).toMatchObject({
      login: 'tagged-devices',
      tags: ['tag:build'],
    });
  });

  it('renames a node, and refuses a name that is taken', async () => {
    await using door = await sandbox.door('alice', 'whoami:80', { hostname: 'old-name' });
    await ask(door);
    expect(await sandbox.admin.rename('old-name', 'new-name')).toMatchObject({ fqdn: 'new-name.sandbox.ts.net' });
    await askUntil(({ node }) => node === 'new-name', door);
    await expect(sandbox.admin.rename('new-name', 'whoami')).rejects.toThrow('there is already a node "whoami"');
    await expect(sandbox.admin.rename('nobody', 'x')).rejects.toThrow('no node "nobody"');
  });

  it('waits for a change of the state', async () => {
    const waiting = sandbox.admin.until(({ settings }) => settings.requireApproval);
    await sandbox.admin.requireApproval();
    expect((await waiting).settings).toMatchObject({ requireApproval: true, requireLogin: false });
    await sandbox.admin.requireApproval(false);
    const signal = AbortSignal.timeout(20);
    await expect(sandbox.admin.until(() => false, { signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('makes auth keys and revokes them', async () => {
    const key = await sandbox.admin.newAuthKey({ person: 'alice', ephemeral: true });
    expect(key).toMatch(/^tskey-auth-[0-9a-f]{24}$/);
    await sandbox.admin.revokeAuthKey(key);
    await expect(sandbox.admin.revokeAuthKey(key)).rejects.toThrow('no such auth key');
    await expect(sandbox.admin.newAuthKey({ person: 'mallory' })).rejects.toThrow('no person "mallory"');
  });

  it('stops control and starts it again on the same port', async () => {
    await sandbox.admin.stopControl();
    await expect(fetch(`${sandbox.controlUrl}/key?v=1`)).rejects.toThrow();
    expect((await ask()).login).toBe('bob@example.com');
    await sandbox.admin.startControl();
    expect((await fetch(`${sandbox.controlUrl}/key?v=1`)).status).toBe(200);
    await sandbox.admin.until(({ nodes }) => nodes.every(({ online }) => online));
  });

  it('removes a node and forgets its name', async () => {
    await using door = await sandbox.door('alice', 'whoami:80', { hostname: 'short-lived' });
    await ask(door);
    await sandbox.admin.remove('short-lived');
    expect(await sandbox.admin.node('short-lived')).toBeUndefined();
  });

  it('stops the relay and starts it again, which ends no connection that is direct', async () => {
    expect((await ask()).login).toBe('bob@example.com');
    await sandbox.admin.stopRelay();
    await sandbox.admin.stopRelay();
    expect((await ask()).login).toBe('bob@example.com');
    await sandbox.admin.startRelay();
    await sandbox.admin.startRelay();
    // A new device takes the relay to become reachable.
    const door = await sandbox.door('bob', 'whoami:80', { hostname: 'bob-phone' });
    expect((await ask(door)).node).toBe('bob-phone');
  });

  it('reports what a node behind a door knows about its way to a target', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tsexpose-test-'));
    const pcap = join(directory, 'bob.pcap');
    const { status, pings, dial, netstack } = await sandbox.admin.diagnose('bob', 'whoami:80', { pcap });
    expect(status).toMatchObject({ BackendState: 'Running' });
    expect(Object.keys(pings).sort()).toEqual(['ICMP', 'TSMP', 'disco']);
    expect(dial).toMatch(/^connected from 100\./);
    expect(netstack).toHaveProperty('counter_tcp_active_connection_openings');
    expect((await readFile(pcap)).readUInt32LE(0)).toBe(0xa1b2c3d4);
    await rm(directory, { recursive: true });
    await expect(sandbox.admin.diagnose('bob', 'nobody:80')).rejects.toThrow('nobody');
  });
});
