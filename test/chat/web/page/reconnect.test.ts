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

  it('says so, comes back by itself, and has lost and doubled nothing', async () => {
    await using loopback = startChat();
    const door = await loopback.door(alice);
    const page = await browser.visit(door.url);
    const b = await RawClient.enter(await loopback.door(bob));
    b.send({ type: 'say', ref: 'r1', text: 'one' });
    await page.getByText('one').waitFor();
    // The line is cut: what is sent now on either side must arrive all the same.
    await page.context().setOffline(true);
    for (const socket of door.sockets) socket.destroy();
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

  it('finds a chat that was started again, and shows no message twice', async () => {
    const first = startChat();
    const ports = [await first.door(alice), await first.door(bob)].map(({ port }) => port);
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
    await second.door(alice, ports[0]);
    await second.door(bob, ports[1]);
    await a.locator('.entries', { hasText: 'while it was away' }).waitFor({ timeout: 20_000 });
    await say(a, 'after');
    for (const page of [a, b]) {
      await page.locator('.entries', { hasText: 'after' }).waitFor();
      expect(await texts(page)).toEqual(['before', 'while it was away', 'after']);
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('shows a message once that was passed on before a restart and sent again after it', async () => {
    const first = startChat();
    const [doorA, doorB] = [await first.door(alice), await first.door(bob)];
    const [a, b] = [await browser.visit(doorA.url), await browser.visit(doorB.url)];
    // The chat dies after it has passed the message on and before its sender is told so.
    for (const socket of doorA.sockets) socket.cork();
    await say(a, 'only once');
    await b.getByText('only once').waitFor();
    await first[Symbol.asyncDispose]();
    await using second = startChat();
    const again = new Promise((resolve) => second.chat.once('message', resolve));
    await second.door(alice, doorA.port);
    await second.door(bob, doorB.port);
    await again;
    await say(b, 'after');
    for (const page of [a, b]) {
      await page.locator('.entries', { hasText: 'after' }).waitFor({ timeout: 20_000 });
      expect(await texts(page)).toEqual(['only once', 'after']);
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('does not come back by itself when its person was put out', async () => {
    await using loopback = startChat();
    const door = await loopback.door(alice);
    const page = await browser.visit(door.url);
    for (const socket of door.sockets) socket.emit('identity', unknownIdentity('100.64.0.1', 1));
    await page.getByText('no longer, known on this tailnet').waitFor();
    await page.getByRole('button', { name: 'Come back' }).click();
    await page.locator('#status').waitFor({ state: 'hidden' });
    await page.close();
  });

  it('sends by and by what was written too fast, in order', async () => {
    await using loopback = startChat();
    const page = await browser.visit((await loopback.door(alice)).url);
    const b = await RawClient.enter(await loopback.door(bob));
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
