import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WhoisAnswer } from '../../src/sandbox/state.ts';
import { sharedSandbox } from './sandbox.ts';

describe('a door', () => {
  const sandbox = sharedSandbox();
  beforeAll(async () => {
    await sandbox().admin.serve({ who: 'alice', hostname: 'whoami', port: 80, kind: 'whois' });
    await sandbox().admin.serve({ who: 'alice', hostname: 'whoami', port: 7, kind: 'echo' });
  });

  const ask = async (who: string, target: string): Promise<WhoisAnswer> => {
    await using door = await sandbox().door(who, target);
    return (await (await fetch(door.url)).json()) as WhoisAnswer;
  };

  it('speaks for the person it was opened for', async () => {
    expect(await ask('bob', 'whoami:80')).toMatchObject({ login: 'bob@example.com', name: 'Bob Example', tags: [] });
    expect(await ask('carol@example.com', 'whoami:80')).toMatchObject({
      login: 'carol@example.com',
      name: 'Zoë Çelik',
    });
  });

  it('speaks for a tagged device, by name and by tag', async () => {
    expect(await ask('ci-runner', 'whoami:80')).toMatchObject({ node: 'ci-runner', tags: ['tag:ci'] });
    expect(await ask('tag:ci', 'whoami:80')).toMatchObject({ node: 'ci-runner', tags: ['tag:ci'] });
  });

  it('reaches full names and addresses as well as short names', async () => {
    const { fqdn, ips } = (await sandbox().admin.node('whoami'))!;
    for (const host of [fqdn, ips[0], `[${ips[1]}]`]) {
      expect(await ask('bob', `${host}:80`)).toMatchObject({ login: 'bob@example.com' });
    }
  });

  it('shows several devices of one person as one user', async () => {
    await using phone = await sandbox().door('bob', 'whoami:80', { hostname: 'bob-phone' });
    const fromPhone = (await (await fetch(phone.url)).json()) as WhoisAnswer;
    const fromLaptop = await ask('bob', 'whoami:80');
    expect(fromPhone.node).toBe('bob-phone');
    expect(fromLaptop.node).toBe('bob-laptop');
    expect(fromPhone.userId).toBe(fromLaptop.userId);
  });

  it('gives user IDs that a JavaScript number cannot hold', async () => {
    const { userId } = await ask('bob', 'whoami:80');
    expect(Number.isSafeInteger(Number(userId))).toBe(false);
  });

  it('passes bytes and the end of each direction', async () => {
    await using door = await sandbox().door('bob', 'whoami:7');
    const socket = connect({ port: door.port, host: door.host, allowHalfOpen: true });
    const sent = Buffer.alloc(3_000_000, 'half-close ');
    socket.end(sent);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    await once(socket, 'end');
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it.each(['nobody:80', 'whoami:81'])('resets a caller when nothing is at %s', async (target) => {
    await using door = await sandbox().door('bob', target);
    const socket = connect(door.port, door.host);
    const [error] = await once(socket, 'error');
    expect(error.code).toBe('ECONNRESET');
  });

  it('does not open for a person that the tailnet does not know', async () => {
    await expect(sandbox().door('mallory', 'whoami:80')).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: expect.stringContaining('no person, device or tag "mallory"'),
    });
  });

  it('gets a new device when an admin has removed the one it had', async () => {
    await using door = await sandbox().door('bob', 'whoami:80', { hostname: 'bob-tablet' });
    await (await fetch(door.url, { headers: { connection: 'close' } })).json();
    await sandbox().admin.remove('bob-tablet');
    expect(await (await fetch(door.url)).json()).toMatchObject({ node: 'bob-tablet' });
  });

  it('stops listening when it is closed, once or twice', async () => {
    const door = await sandbox().door('bob', 'whoami:80');
    await door.close();
    await door.close();
    await expect(fetch(door.url)).rejects.toThrow();
  });

  it('carries 1,000 quick connections by three callers, each under its own name', async () => {
    const callers = { alice: 'alice@example.com', bob: 'bob@example.com', 'tag:ci': 'tagged-devices' };
    const doors = await Promise.all(Object.keys(callers).map((who) => sandbox().door(who, 'whoami:80')));
    const logins = Object.values(callers);
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const response = await fetch(doors[i % 3]!.url, { headers: { connection: 'close' } });
        return ((await response.json()) as WhoisAnswer).login;
      }),
    );
    expect(answers).toEqual(answers.map((_, i) => logins[i % 3]));
    await Promise.all(doors.map((door) => door.close()));
  });
});
