import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type LoopbackChat, RawClient, startChat } from '../../loopback.ts';
import { alice, bob, ci, moderator, user } from '../../people.ts';
import { ARTEFACTS, composer, noBrowser, say, TestBrowser } from '../browser.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

async function faults(page: Page): Promise<string[]> {
  // Evaluated outside the page, whose policy would refuse the script.
  const run = `${readFileSync(AXE, 'utf8')};axe.run(document, { resultTypes: ['violations'] })`;
  const { violations } = (await page.evaluate(run)) as AxeResults;
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target }) => `${impact}: ${id} at ${target}`));
}

/** Fills a room with a bit of everything. */
async function talk(loopback: LoopbackChat, page: Page): Promise<RawClient[]> {
  const b = await RawClient.enter(await loopback.endpoint(bob));
  const c = await RawClient.enter(await loopback.endpoint(ci));
  const z = await RawClient.enter(await loopback.endpoint(user('carol@example.com', { name: 'Zoë Çelik' })));
  let count = 0;
  const write = async (client: RawClient, text: string) => {
    client.send({ type: 'say', ref: `r${count++}`, text });
    await client.next('ack');
  };
  await write(b, 'Morning! Is the staging build out yet?');
  await write(c, 'build 214 is green: https://ci.example.com/builds/214 (4 min 12 s)');
  await write(z, 'I have it open already. The new login page is so much faster :rocket:');
  await write(z, 'Could someone look at the header on a phone?\nIt seems to jump when the keyboard comes up.');
  await say(page, '@Zoë Çelik I will. Which `viewport` did you use?');
  await page.locator('.entries .message', { hasText: 'Which' }).waitFor();
  await write(b, '@Alice this is what we have:\n```\n<meta name="viewport"\n  content="width=device-width">\n```');
  await write(z, '/me is impressed :sparkles:');
  await write(b, ':tada:');
  await page.locator('.jumbo').waitFor();
  return [b, c, z];
}

describe.skipIf(noBrowser)('the accessibility of the page', () => {
  it('has no violations in light mode, in dark mode, and on a phone', async () => {
    mkdirSync(ARTEFACTS, { recursive: true });
    await using loopback = startChat();
    await using browser = await TestBrowser.open();
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    expect(await faults(page), 'an empty room').toEqual([]);
    const clients = await talk(loopback, page);
    clients[2]!.send({ type: 'typing' });
    await page.getByText('is typing…').waitFor();
    await page.locator('#rooms a', { hasText: 'lobby4' }).waitFor();
    await page.screenshot({ path: `${ARTEFACTS}/light.png` });
    expect(await faults(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${ARTEFACTS}/dark.png` });
    expect(await faults(page), 'dark').toEqual([]);
    await page.setViewportSize({ width: 390, height: 780 });
    await page.screenshot({ path: `${ARTEFACTS}/phone.png` });
    expect(await faults(page), 'phone').toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    for (const { socket } of clients) socket.terminate();
  });

  it('has no violations in suggestions, notices, dialogs, and the side panel', async () => {
    await using loopback = startChat();
    await using browser = await TestBrowser.open({ reducedMotion: 'reduce' });
    const page = await browser.visit((await loopback.endpoint(moderator)).url);
    const b = await RawClient.enter(await loopback.endpoint(bob));
    await composer(page).pressSequentially('hello @');
    await page.getByRole('option', { name: 'Bob Example' }).waitFor();
    expect(await faults(page), 'suggestions').toEqual([]);
    await composer(page).press('Escape');
    await say(page, '/help');
    await page.locator('.notice').waitFor();
    expect(await faults(page), 'a notice').toEqual([]);
    await page.getByRole('button', { name: 'Share' }).click();
    expect(await faults(page), 'the dialog').toEqual([]);
    await page.screenshot({ path: `${ARTEFACTS}/share.png` });
    await page.getByRole('button', { name: 'Close' }).click();
    await page.setViewportSize({ width: 390, height: 780 });
    await page.getByRole('button', { name: 'Rooms and people' }).click();
    expect(await faults(page), 'the side on a phone').toEqual([]);
    await page.screenshot({ path: `${ARTEFACTS}/phone-side.png` });
    b.socket.terminate();
  });

  it('announces new messages, and respects reduced motion', async () => {
    await using loopback = startChat();
    await using browser = await TestBrowser.open({ reducedMotion: 'reduce' });
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    const log = page.getByRole('log', { name: 'Messages' });
    expect(await log.getAttribute('aria-live')).toBe('polite');
    expect(await page.evaluate('getComputedStyle(document.getElementById("side")).transitionDuration')).toBe('0s');
  });
});
