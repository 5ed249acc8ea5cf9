import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Endpoint, type LoopbackChat, RawClient, startChat } from '../../loopback.ts';
import { alice, bob } from '../../people.ts';
import { composer, noBrowser, say, TestBrowser, texts } from '../browser.ts';

/** The accessible name of the focused element. */
const NAME = `(({ id, ariaLabel, textContent }) => ariaLabel || document.querySelector('label[for="' + id + '"]')?.textContent || textContent.trim())(document.activeElement)`;

describe.skipIf(noBrowser)('the page by keyboard', () => {
  let loopback: LoopbackChat;
  let browser: TestBrowser;
  let endpoint: Endpoint;
  let b: RawClient;
  let page: Page;
  beforeAll(async () => {
    loopback = startChat();
    browser = await TestBrowser.open();
    endpoint = await loopback.endpoint(alice);
    b = await RawClient.enter(await loopback.endpoint(bob));
    page = await browser.visit(endpoint.url);
  });
  beforeEach(() => composer(page).fill(''));
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await loopback[Symbol.asyncDispose]();
  });

  const field = () => composer(page).inputValue();

  it('is ready to write from the start', async () => {
    expect(await page.evaluate('document.activeElement.id')).toBe('text');
  });

  it('sends with Enter, breaks lines with Shift and Enter, and empties the field', async () => {
    await composer(page).pressSequentially('one');
    await composer(page).press('Shift+Enter');
    await composer(page).pressSequentially('two');
    await composer(page).press('Enter');
    expect((await b.next('message')).text).toBe('one\ntwo');
    expect(await field()).toBe('');
  });

  it('brings the last message back with ArrowUp', async () => {
    await say(page, 'a typo');
    await composer(page).press('ArrowUp');
    expect(await field()).toBe('a typo');
  });

  it('completes names, emoji and commands', async () => {
    await composer(page).pressSequentially('@bo');
    await page.getByRole('option', { name: 'Bob Example' }).waitFor();
    await composer(page).press('Tab');
    expect(await field()).toBe('@Bob Example ');
    await composer(page).pressSequentially(':rock');
    await page.getByRole('option', { name: ':rocket:' }).waitFor();
    await composer(page).press('Enter');
    expect(await field()).toBe('@Bob Example 🚀 ');
    await composer(page).fill('');
    await composer(page).pressSequentially('/w');
    await page.getByRole('option', { name: '/who' }).waitFor();
    await composer(page).press('Enter');
    await composer(page).press('Enter');
    await page.locator('.notice', { hasText: 'Bob Example (bob@example.com)' }).waitFor();
  });

  it('chooses among suggestions with the arrows, and gives up with Escape', async () => {
    await composer(page).pressSequentially(':hear');
    await page.getByRole('option').nth(1).waitFor();
    await composer(page).press('ArrowDown');
    const selected = page.getByRole('option', { selected: true });
    expect(await composer(page).getAttribute('aria-activedescendant')).toBe(await selected.getAttribute('id'));
    await composer(page).press('Escape');
    expect(await page.getByRole('option').count()).toBe(0);
    expect(await field()).toBe(':hear');
  });

  it('puts what is typed anywhere into the message', async () => {
    await page.locator('#log').focus();
    await page.keyboard.type('hello');
    expect(await field()).toBe('hello');
  });

  it('does not send a message that is too long, and shows by how much', async () => {
    await composer(page).fill('🦊'.repeat(2001));
    await composer(page).press('Enter');
    expect(await page.locator('#left').textContent()).toBe('-1');
    expect(await field()).not.toBe('');
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
  });

  it('moves the focus in a sensible order', async () => {
    await page.evaluate('document.querySelector("a.skip").focus()');
    const order: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      order.push(await page.evaluate<string>(NAME));
      await page.keyboard.press('Tab');
    }
    expect(order).toMatchInlineSnapshot(`
      [
        "Write a message",
        "#lobby2",
        "Room name",
        "Join the room",
        "Share",
        "Messages",
        "Dismiss",
      ]
    `);
  });

  it('copies the link', async () => {
    await page.getByRole('button', { name: 'Share' }).click();
    expect(await page.getByLabel('Link to this room').inputValue()).toBe(`${endpoint.url}/`);
    const qr = await page.evaluate('qr.decode().then(() => qr.naturalWidth)');
    expect(qr).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.keyboard.press('Escape');
    await composer(page).focus();
    await page.keyboard.press('Control+V');
    expect(await field()).toBe(`${endpoint.url}/`);
  });

  it('shows the answer to a command in the log', async () => {
    const before = (await texts(page)).length;
    await say(page, '/nonsense');
    await page.locator('.notice.refusal', { hasText: 'Unknown command: /nonsense' }).waitFor();
    expect(await texts(page)).toHaveLength(before);
  });
});
