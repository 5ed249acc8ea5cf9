import { request } from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Door } from '../../src/sandbox/door.ts';
import { sharedSandbox } from './sandbox.ts';

describe('a funnel', () => {
  const sandbox = sharedSandbox();
  beforeAll(async () => {
    await sandbox().admin.serve({ who: 'alice', hostname: 'public', port: 443, kind: 'whois', funnel: true });
    await sandbox().admin.serve({ who: 'alice', hostname: 'private', port: 443, kind: 'whois', tls: true });
  });

  const ask = (door: Door, servername: string) =>
    new Promise<object>((resolve, reject) => {
      const options = { servername, ca: sandbox().ca, agent: false };
      const outgoing = request(door.url, options, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(JSON.parse(text));
      });
      outgoing.on('error', reject).end();
    });

  it('brings a caller whom whois does not know', async () => {
    await using funnel = await sandbox().funnel('public:443', { visitor: '203.0.113.7' });
    const answer = await ask(funnel, 'public.sandbox.ts.net');
    expect(answer).toMatchObject({ visitor: expect.stringMatching(/^203\.0\.113\.7:\d+$/) });
    expect(answer).not.toHaveProperty('login');
  });

  it('brings no caller to a node that has Funnel off', async () => {
    await using funnel = await sandbox().funnel('private:443');
    await expect(ask(funnel, 'private.sandbox.ts.net')).rejects.toThrow();
    await using door = await sandbox().door('bob', 'private:443');
    expect(await ask(door, 'private.sandbox.ts.net')).toMatchObject({ login: 'bob@example.com' });
  });
});
