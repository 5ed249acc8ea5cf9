import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../pair.ts';
import { frameworks } from './frameworks.ts';

const UPLOAD = randomBytes(50 << 20);
const DIGEST = createHash('sha256').update(UPLOAD).digest('hex');

describe.each(Object.entries(frameworks))('%s on the tailnet', (name, start) => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;
  let close: () => Promise<unknown>;
  const port = 80;
  const clock = new EventEmitter();

  async function* events() {
    yield 'first';
    await once(clock, 'second');
    yield 'second';
  }

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    close = await start(alice, port, events);
  });
  afterAll(async () => {
    await close();
    await Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]);
  });

  describe.each([
    ['IPv4', 0],
    ['IPv6', 1],
  ])('over %s', (_, index) => {
    const host = () => (index === 0 ? alice.ips[0]! : `[${alice.ips[1]}]`);

    it('serves a page and knows who asked for it', async () => {
      const response = await bob.fetch(`http://${host()}:${port}/`);
      expect([response.status, await response.text()]).toEqual([200, 'bob@example.com']);
    });

    it('takes an upload of 50 MB', async () => {
      const body = new Blob([UPLOAD]).stream();
      const headers = { 'content-type': 'application/octet-stream' };
      const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
      const response = await bob.fetch(`http://${host()}:${port}/upload`, init);
      expect(await response.text()).toBe(DIGEST);
    });

    it('streams events as they happen', async () => {
      const response = await bob.fetch(`http://${host()}:${port}/events`);
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      expect((await reader.read()).value).toBe('data: first\n\n');
      clock.emit('second');
      expect((await reader.read()).value).toBe('data: second\n\n');
      expect((await reader.read()).done).toBe(true);
    });

    it('talks over a WebSocket', async () => {
      const socket = new WebSocket(`ws://${host()}:${port}/`, { agent: bob.agent() });
      await once(socket, 'open');
      socket.send('hello');
      expect(`${(await once(socket, 'message'))[0]}`).toBe('bob@example.com: hello');
      socket.close();
      await once(socket, 'close');
    });
  });

  it(`ends with nothing left open (${name})`, async () => {
    await close();
    await expect(bob.dial({ host: 'server', port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    close = async () => {};
  });
});
