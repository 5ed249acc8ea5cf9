import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackChat, RawClient, startChat } from '../../loopback.ts';
import { alice, bob, moderator } from '../../people.ts';
import { noBrowser, say, TestBrowser, texts } from '../browser.ts';

describe.skipIf(noBrowser)('rooms on the page', () => {
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

  it('have URLs, and Back shows what was there and what was missed', async () => {
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    const b = await RawClient.enter(await loopback.endpoint(bob));
    b.send({ type: 'say', ref: 'r1', text: 'in the lobby' });
    await page.getByText('in the lobby').waitFor();
    await page.getByLabel('Room name').fill('Design Team');
    await page.getByLabel('Room name').press('Enter');
    await page.locator('h1', { hasText: 'design-team' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/design-team');
    expect(await page.title()).toBe('design-team · chat');
    expect(await texts(page)).toEqual([]);
    b.send({ type: 'say', ref: 'r2', text: 'meanwhile' });
    await b.next('ack');
    await page.goBack();
    await page.getByText('meanwhile').waitFor();
    expect(await texts(page)).toEqual(['in the lobby', 'meanwhile']);
    b.socket.terminate();
    await page.close();
  });

  it('are listed with the number of people in them', async () => {
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    const b = await RawClient.enter(await loopback.endpoint(bob), 'ops');
    const link = page.getByRole('link', { name: /ops/ });
    await expect.poll(() => link.textContent()).toMatch(/ops1/);
    await link.click();
    await page.locator('h1', { hasText: 'ops' }).waitFor();
    expect(await page.locator('#people li').count()).toBe(2);
    b.socket.terminate();
    await page.close();
  });

  it('have URLs that can be opened directly; other paths are not found', async () => {
    const { url } = await loopback.endpoint(alice);
    const page = await browser.visit(`${url}/Support`);
    expect(await page.locator('h1').textContent()).toBe('#support');
    for (const path of ['/a/b', '/%3Cscript%3E', '/-/', '/-/../../package.json', '//', '/.env']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
    await page.close();
  });

  it('are moderated', async () => {
    const { url } = await loopback.endpoint(alice);
    const page = await browser.visit(`${url}/care`);
    const m = await browser.visit(`${(await loopback.endpoint(moderator)).url}/care`);
    await say(page, 'oops');
    await m.locator('.message', { hasText: 'oops' }).hover();
    await m.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Mona Example removed this message.').waitFor();
    await m.locator('#people li', { hasText: 'Alice' }).hover();
    await m.getByRole('button', { name: 'Mute Alice Example for 10 minutes' }).click();
    await page.getByText(/Mona Example muted you until/).waitFor();
    await say(page, 'may I?');
    await page.getByText('A moderator muted you').waitFor();
    await expect.poll(() => page.locator('.sent').textContent()).toBe('not sent');
    await m.getByRole('button', { name: 'Unmute Alice Example' }).click();
    await page.getByText('Mona Example unmuted you.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await m.getByText('may I?').waitFor();
    await say(m, '/close');
    await page.getByText('Mona Example closed this room. Choose another one.').waitFor();
    await page.reload();
    await page.getByText('The room care is closed.').waitFor();
    expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0);
    await Promise.all([page.close(), m.close()]);
  });
});
