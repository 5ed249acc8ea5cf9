import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Door, type LoopbackChat, RawClient, startChat } from '../../loopback.ts';
import { alice, bob } from '../../people.ts';
import { composer, noBrowser, say, TestBrowser, texts } from '../browser.ts';

/** What has the focus, as it is read out. */
const NAME = `(({ id, ariaLabel, textContent }) => ariaLabel || document.querySelector('label[for="' + id + '"]')?.textContent || textContent.trim())(document.activeElement)`;

describe.skipIf(noBrowser)('the page by keyboard', () => {
  let loopback: LoopbackChat;
  let browser: TestBrowser;
  let door: Door;
  let b: RawClient;
  let page: Page;
  beforeAll(async () => {
    loopback = startChat();
    browser = await TestBrowser.open();
    door = await loopback.door(alice);
    b = await RawClient.enter(await loopback.door(bob));
    page = await browser.visit(door.url);
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

  it('takes what is typed anywhere for the message', async () => {
    await page.locator('#log').focus();
    await page.keyboard.type('hello');
    expect(await field()).toBe('hello');
  });

  it('does not send what is too long, and says by how much', async () => {
    await composer(page).fill('🦊'.repeat(2001));
    await composer(page).press('Enter');
    expect(await page.locator('#left').textContent()).toBe('-1');
    expect(await field()).not.toBe('');
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
  });

  it('walks through everything in a sensible order', async () => {
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
        "Name of a room",
        "Go to the room",
        "Share",
        "Messages",
        "Dismiss",
      ]
    `);
  });

  it('copies the link', async () => {
    await page.getByRole('button', { name: 'Share' }).click();
    expect(await page.getByLabel('Address of this room').inputValue()).toBe(`${door.url}/`);
    const qr = await page.evaluate('qr.decode().then(() => qr.naturalWidth)');
    expect(qr).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.keyboard.press('Escape');
    await composer(page).focus();
    await page.keyboard.press('Control+V');
    expect(await field()).toBe(`${door.url}/`);
  });

  it('answers commands where they were written', async () => {
    const before = (await texts(page)).length;
    await say(page, '/nonsense');
    await page.locator('.notice.refusal', { hasText: 'no command /nonsense' }).waitFor();
    expect(await texts(page)).toHaveLength(before);
  });
});
