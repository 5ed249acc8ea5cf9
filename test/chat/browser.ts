/** Debian's Chromium, for tests of the page as people see it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PATH = process.env.TSEXPOSE_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** Whether these tests cannot run here. In CI a missing browser fails them instead. */
export const noBrowser = !existsSync(PATH) && !process.env.CI;
if (noBrowser) console.warn(`No Chromium at ${PATH}: the tests of the chat's page are skipped (apt-get install chromium).`);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Time zone and language of the screenshots.
  '--lang=en-GB',
];

/** A browser of its own for one person. */
export class TestBrowser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async open(options: BrowserContextOptions = {}): Promise<TestBrowser> {
    const profile = mkdtempSync(join(tmpdir(), 'tsexpose-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: PATH,
      headless: true,
      args: FLAGS,
      viewport: { width: 1100, height: 720 },
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      ...options,
    });
    context.setDefaultTimeout(10_000);
    return new TestBrowser(context, profile);
  }

  /** Opens the chat and waits until it has welcomed the visitor. */
  async visit(url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(url);
    await page.locator('#self strong').waitFor();
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
