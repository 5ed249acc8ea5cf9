import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unknownIdentity } from '../../../../src/identity/identity.ts';
import { RawClient, startChat } from '../../loopback.ts';
import { alice, bob } from '../../people.ts';
import { noBrowser, say, TestBrowser, texts } from '../browser.ts';

describe.skipIf(noBrowser)('a page that loses its connection', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.open();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('says so, reconnects by itself, and neither loses nor repeats a message', async () => {
    await using loopback = startChat();
    const endpoint = await loopback.endpoint(alice);
    const page = await browser.visit(endpoint.url);
    const b = await RawClient.enter(await loopback.endpoint(bob));
    b.send({ type: 'say', ref: 'r1', text: 'one' });
    await page.getByText('one', { exact: true }).waitFor();
    // The connection is cut: what either side sends now must arrive anyway.
    await page.context().setOffline(true);
    for (const socket of endpoint.sockets) socket.destroy();
    await page.getByText('Connection lost').waitFor();
    b.send({ type: 'say', ref: 'r2', text: 'two' });
    await say(page, 'three');
    await page.getByText('sending…').waitFor();
    await page.context().setOffline(false);
    await page.locator('.entries', { hasText: 'three' }).waitFor();
    expect(await texts(page)).toEqual(['one', 'two', 'three']);
    expect(await page.locator('#status').isVisible()).toBe(false);
    expect(await page.locator('.waiting .turn').count()).toBe(0);
    expect(b.events.filter(({ type }) => type === 'message')).toHaveLength(3);
    expect(b.events.filter(({ type }) => type === 'leave')).toEqual([]);
    b.socket.terminate();
    await page.close();
  });

  it('reconnects to a chat that was restarted, and shows no message twice', async () => {
    const first = startChat();
    const ports = [await first.endpoint(alice), await first.endpoint(bob)].map(({ port }) => port);
    const [a, b] = [
      await browser.visit(`http://127.0.0.1:${ports[0]}`),
      await browser.visit(`http://127.0.0.1:${ports[1]}`),
    ];
    await say(a, 'before');
    await b.getByText('before').waitFor();
    await first[Symbol.asyncDispose]();
    await b.getByText('Connection lost').waitFor();
    await say(b, 'while it was away');
    await using second = startChat();
    await second.endpoint(alice, ports[0]);
    await second.endpoint(bob, ports[1]);
    await a.locator('.entries', { hasText: 'while it was away' }).waitFor({ timeout: 20_000 });
    await say(a, 'after');
    for (const page of [a, b]) {
      await page.locator('.entries', { hasText: 'after' }).waitFor();
      expect(await texts(page)).toEqual(['before', 'while it was away', 'after']);
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('shows a message once that was posted before a restart and sent again after it', async () => {
    const first = startChat();
    const [endpointA, endpointB] = [await first.endpoint(alice), await first.endpoint(bob)];
    const [a, b] = [await browser.visit(endpointA.url), await browser.visit(endpointB.url)];
    // The chat dies after it has passed the message on, and before it has acknowledged it.
    for (const socket of endpointA.sockets) socket.cork();
    await say(a, 'only once');
    await b.getByText('only once').waitFor();
    await first[Symbol.asyncDispose]();
    await using second = startChat();
    const again = new Promise((resolve) => second.chat.once('message', resolve));
    await second.endpoint(alice, endpointA.port);
    await second.endpoint(bob, endpointB.port);
    await again;
    await say(b, 'after');
    for (const page of [a, b]) {
      await page.locator('.entries', { hasText: 'after' }).waitFor({ timeout: 20_000 });
      expect(await texts(page)).toEqual(['only once', 'after']);
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('does not reconnect by itself when its person was disconnected', async () => {
    await using loopback = startChat();
    const endpoint = await loopback.endpoint(alice);
    const page = await browser.visit(endpoint.url);
    for (const socket of endpoint.sockets) socket.emit('identity', unknownIdentity('100.64.0.1', 1));
    await page.getByText('This tailnet does not recognize you.').waitFor();
    await page.getByRole('button', { name: 'Rejoin' }).click();
    await page.locator('#status').waitFor({ state: 'hidden' });
    await page.close();
  });

  it('sends messages that were written too fast, later and in order', async () => {
    await using loopback = startChat();
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const written = Array.from({ length: 11 }, (_, index) => `message ${index}`);
    for (const text of written) await say(page, text);
    await page.locator('.entries', { hasText: 'message 10' }).waitFor();
    await expect.poll(() => page.locator('.waiting .turn').count(), { timeout: 10_000 }).toBe(0);
    const arrived = b.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    expect(arrived).toEqual(written);
    b.socket.terminate();
    await page.close();
  });
});
