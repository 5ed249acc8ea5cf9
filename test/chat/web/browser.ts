/** Debian's Chromium, for tests of pages in a real browser. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { isLeftOut } from '../../requirement.ts';

const PATH = process.env.TSEXPOSE_TEST_CHROMIUM ?? '/usr/bin/chromium';

export const noBrowser = isLeftOut(`Chromium at ${PATH}`, existsSync(PATH), 'apt-get install chromium');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Language of the screenshots.
  '--lang=en-GB',
];

/** Directory of the screenshots. */
export const ARTEFACTS = 'test-results/chat';

/** The field for writing a message. */
export const composer = (page: Page) => page.getByLabel('Message', { exact: true });

/** Sends a message. */
export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** Returns the texts of the messages on a page, in order. */
export const texts = (page: Page) => page.locator('.entries .message .text').allTextContents();

/** A browser. Each endpoint is an origin of its own, so one browser is enough for several people. */
export class TestBrowser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  /** Starts it; `flags` are further arguments. */
  static async open(options: BrowserContextOptions = {}, flags: readonly string[] = []): Promise<TestBrowser> {
    const profile = mkdtempSync(join(tmpdir(), 'tsexpose-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: PATH,
      headless: true,
      args: [...FLAGS, ...flags],
      viewport: { width: 1100, height: 720 },
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      ...options,
    });
    context.setDefaultTimeout(10_000);
    return new TestBrowser(context, profile);
  }

  /** Opens the chat and waits for its welcome. */
  async visit(url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(url);
    await page.locator('#self strong').waitFor();
    return page;
  }

  /** Opens the chat in a page without the focus. */
  async visitUnseen(url: string): Promise<Page> {
    const page = await this.visit(url);
    // By default, Playwright lets every page believe that it has the focus.
    const session = await this.context.newCDPSession(page);
    await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
    await this.context.newPage();
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
