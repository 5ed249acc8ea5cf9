import { describe, expect, it } from 'vitest';
import { RawClient, startChat } from '../../loopback.ts';
import { alice, bob, ci } from '../../people.ts';
import { noBrowser, TestBrowser } from '../browser.ts';

const HOSTILE = [
  '<script>window.owned = true</script>',
  '<img src=x onerror="window.owned = true">',
  '<a href="javascript:window.owned=true">click</a>',
  'javascript:window.owned=true',
  'JaVaScRiPt://%0awindow.owned=true',
  'data:text/html,<script>window.owned=true</script>',
  'https://example.com/"onmouseover="window.owned=true',
  '`<b>bold</b>`',
  '```\n</code></pre><script>window.owned = true</script>\n```',
  '@<img src=x onerror=window.owned=true>',
  '{{constructor.constructor("window.owned=true")()}}',
];

/** Returns an expression that rejects with the directive that blocks an attempt. */
function refusal(attempt: string): string {
  const refused =
    "addEventListener('securitypolicyviolation', ({ effectiveDirective }) => no(new Error(effectiveDirective)))";
  return `new Promise((_, no) => { ${refused}; void ${attempt}; })`;
}

const ATTEMPTS = {
  "document.body.append(Object.assign(document.createElement('script'), { text: 'window.owned = true' }))":
    /TrustedScript/,
  "document.body.insertAdjacentHTML('beforeend', '<b>markup</b>')": /TrustedHTML/,
  [refusal("fetch('https://evil.example/')")]: /connect-src/,
  [refusal("new WebSocket('wss://evil.example/')")]: /connect-src/,
};

describe.skipIf(noBrowser)('hostile text', () => {
  it('is shown as text, and does nothing', async () => {
    await using loopback = startChat();
    await using browser = await TestBrowser.open();
    const name = '<img src=x onerror="window.owned=true">';
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    const violations: string[] = [];
    page.on('console', (message) => violations.push(message.text()));
    page.on('dialog', (dialog) => violations.push(dialog.message()));
    // One person may send eight messages at once.
    const b = await RawClient.enter(await loopback.endpoint({ ...bob, name }));
    const c = await RawClient.enter(await loopback.endpoint(ci));
    for (const [index, text] of HOSTILE.entries()) {
      const sender = index < 8 ? b : c;
      sender.send({ type: 'say', ref: `r${index}`, text });
      await sender.next('ack');
    }
    await page.getByText('constructor.constructor').waitFor();
    const shown = await page.locator('.message .text').allTextContents();
    expect(shown.slice(0, 7)).toEqual(HOSTILE.slice(0, 7));
    expect(shown[7]).toBe('<b>bold</b>');
    expect(await page.locator('.turn .name').first().textContent()).toBe(name);
    expect(await page.evaluate('"owned" in window')).toBe(false);
    expect(await page.locator('#log script, #log img, #log b, #people img').count()).toBe(0);
    const links = page.locator('#log a');
    expect(await links.count()).toBe(1);
    expect(await links.getAttribute('href')).toBe('https://example.com/');
    expect(await links.getAttribute('rel')).toBe('noopener noreferrer nofollow ugc');
    expect(violations).toEqual([]);
  });

  it('cannot bypass the policy: inline scripts, foreign scripts, and markup from text are blocked', async () => {
    await using loopback = startChat();
    await using browser = await TestBrowser.open();
    const page = await browser.visit((await loopback.endpoint(alice)).url);
    for (const [attempt, message] of Object.entries(ATTEMPTS)) {
      await expect(page.evaluate(attempt), attempt).rejects.toThrow(message);
    }
    expect(await page.evaluate('"owned" in window')).toBe(false);
    const { headers } = await fetch((await loopback.endpoint(bob)).url);
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('set-cookie')).toBeNull();
  });
});
