import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackChat, RawClient, startChat } from '../../loopback.ts';
import { alice, bob, ci, user } from '../../people.ts';
import { composer, noBrowser, say, TestBrowser, texts } from '../browser.ts';

describe.skipIf(noBrowser)('the page', () => {
  let loopback: LoopbackChat;
  let browser: TestBrowser;
  beforeAll(async () => {
    loopback = startChat();
    browser = await TestBrowser.open();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await loopback[Symbol.asyncDispose]();
  });

  it('carries a conversation between people and a device', async () => {
    const a = await browser.visit((await loopback.endpoint(alice)).url);
    const b = await browser.visit((await loopback.endpoint(bob)).url);
    const c = await RawClient.enter(await loopback.endpoint(ci));
    await say(a, 'hello Bob :wave:');
    await b.getByText('hello Bob 👋').waitFor();
    await say(b, 'hello Alice');
    c.send({ type: 'say', ref: 'r1', text: 'build 17 is green' });
    await a.getByText('build 17 is green').waitFor();
    expect(await texts(a)).toEqual(['hello Bob 👋', 'hello Alice', 'build 17 is green']);
    const device = a.locator('.turn', { hasText: 'build 17' });
    expect(await device.locator('header').textContent()).toMatch(/^ci-runnertag:ci/);
    expect(await a.locator('#people .who > span:first-child').allTextContents()).toEqual([
      'Alice Example (you)',
      'Bob Example',
    ]);
    expect(await a.locator('#devices li').textContent()).toMatch(/ci-runnertag:ci/);
    expect(await a.locator('#summary').textContent()).toBe('3 here: you, Bob Example, and ci-runner');
    await composer(b).pressSequentially('so');
    await a.getByText('Bob Example is typing…').waitFor();
    c.socket.terminate();
    await Promise.all([a.close(), b.close()]);
  });

  it('shows several tabs as one person, who leaves with the last', async () => {
    const { url } = await loopback.endpoint(alice);
    const [first, second] = [await browser.visit(`${url}/tabs`), await browser.visit(`${url}/tabs`)];
    const b = await browser.visit(`${(await loopback.endpoint(bob)).url}/tabs`);
    expect(await b.locator('#people li').count()).toBe(2);
    await say(first, 'from one tab');
    await second.getByText('from one tab').waitFor();
    await first.close();
    await say(second, 'still here');
    await b.getByText('still here').waitFor();
    expect(await b.locator('.news').allTextContents()).toEqual([]);
    await second.close();
    await b.getByText('Alice Example left').waitFor();
    expect(await b.locator('#people li').count()).toBe(1);
    await b.close();
  });

  it('shows unread messages in the title and the icon, and draws a line above them', async () => {
    const a = await browser.visitUnseen(`${(await loopback.endpoint(alice)).url}/unread`);
    const b = await RawClient.enter(await loopback.endpoint(bob), 'unread');
    for (const text of ['one', 'two']) b.send({ type: 'say', ref: text, text });
    await a.getByText('two').waitFor();
    expect(await a.title()).toBe('(2) unread · chat');
    expect(await a.locator('link[rel=icon]').getAttribute('href')).toBe('/-/icon-unread.svg');
    expect(await a.locator('.day.unread').count()).toBe(1);
    await a.bringToFront();
    await expect.poll(() => a.title()).toBe('unread · chat');
    b.socket.terminate();
    await a.close();
  });

  it('keeps the scroll position of a reader, and shows how many messages are new below', async () => {
    const a = await browser.visit(`${(await loopback.endpoint(alice)).url}/long`);
    const [b, c] = [
      await RawClient.enter(await loopback.endpoint(bob), 'long'),
      await RawClient.enter(await loopback.endpoint(user('dora@example.com')), 'long'),
    ];
    const block = (name: string) => `${name}\n${'line\n'.repeat(40)}end of ${name}`;
    b.send({ type: 'say', ref: 'r1', text: block('first') });
    b.send({ type: 'say', ref: 'r2', text: block('second') });
    await a.getByText('end of second').waitFor();
    const log = 'document.getElementById("log")';
    const fromEnd = () => a.evaluate<number>(`${log}.scrollHeight - ${log}.scrollTop - ${log}.clientHeight`);
    expect(await fromEnd()).toBeLessThan(2);
    await a.evaluate(`${log}.scrollTo(0, 0)`);
    await expect.poll(fromEnd).toBeGreaterThan(500);
    c.send({ type: 'say', ref: 'r3', text: 'below' });
    await a.getByRole('button', { name: '1 new message' }).click();
    expect(await fromEnd()).toBeLessThan(2);
    b.socket.terminate();
    c.socket.terminate();
    await a.close();
  });

  it('tells two people with one name apart by login', async () => {
    const a = await browser.visit(`${(await loopback.endpoint(alice)).url}/names`);
    const double = user('alice@evil.example', { name: 'Alice Example', userId: '666' });
    const d = await RawClient.enter(await loopback.endpoint(double), 'names');
    d.send({ type: 'say', ref: 'r1', text: 'It is me, Alice' });
    const turn = a.locator('.turn', { hasText: 'It is me' });
    expect(await turn.locator('header').textContent()).toMatch(/^Alice Examplealice@evil\.example/);
    d.socket.terminate();
    await a.close();
  });

  it('shows the profile picture, or initials if it does not load', async () => {
    const picture = 'https://pictures.example.com/alice.png';
    const a = await browser.visit(`${(await loopback.endpoint({ ...alice, picture })).url}/pictures`);
    expect(await a.locator('#people .avatar').first().textContent()).toBe('AE');
    expect(await a.locator('#people .avatar img').count()).toBe(0);
    const pixel = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    await browser.context.route(picture, (route) => route.fulfill({ body: pixel, contentType: 'image/png' }));
    await a.reload();
    await a.locator('#people .avatar img').waitFor();
    expect(await a.locator('#people .avatar img').getAttribute('referrerpolicy')).toBe('no-referrer');
    await a.close();
  });
});
