import { spawn } from 'node:child_process';
import type { Page } from 'playwright-core';
import { Agent, buildConnector, fetch } from 'undici';
import { describe, expect, it } from 'vitest';
import { noBrowser, TestBrowser } from '../chat/web/browser.ts';
import { ENTRY, Run, sharedSurroundings } from '../commands/run.ts';
import { freePort } from '../free-port.ts';
import { isLeftOut } from '../requirement.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { FRAMEWORKS, type Framework } from './frameworks.ts';
import { callTool } from './mcp-client.ts';
import { install, isInstalled, Project } from './project.ts';

/** Which to test: names with commas, `all`, or those of `npm test`. */
const WANTED = process.env.TSEXPOSE_TEST_FRAMEWORKS ?? '';
const isWanted = ({ name, always }: Framework) =>
  WANTED === '' ? always : WANTED === 'all' || WANTED.split(',').includes(name);

const sandbox = sharedSandbox();
const surroundings = sharedSurroundings();

/** An app on the tailnet, and how a browser and a program find it at each of its addresses. */
interface Exposed extends AsyncDisposable {
  run: Run;
  browser: TestBrowser;
  fetch: typeof fetch;
  addresses: Record<string, string>;
}

async function expose(project: Project, args: string[], serverPort: number): Promise<Exposed> {
  const child = spawn(process.execPath, [ENTRY, '--name', 'site', '--ephemeral', '--json', ...args], {
    cwd: project.directory,
    env: { ...surroundings().env, ...envOf('alice'), ...project.env, HOME: surroundings().env.HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = new Run(child);
  const { fqdn, ips } = await run.event('ready');
  await run.until(({ events }) => events.some(({ urls }) => `${urls}`.includes('https:')));
  const plain = await sandbox().door('bob', `${fqdn}:80`);
  const secure = await sandbox().door('bob', `${fqdn}:443`);
  // Where the pages of some open their WebSocket.
  const own = await sandbox().door('bob', `${fqdn}:${serverPort}`);
  const hosts = [`${fqdn}:443 127.0.0.1:${secure.port}`];
  for (const host of [fqdn, 'site', ips[0]]) {
    hosts.push(`${host}:80 127.0.0.1:${plain.port}`, `${host}:${serverPort} 127.0.0.1:${own.port}`);
  }
  const rules = hosts.map((host) => `MAP ${host}`).join(',');
  const browser = await TestBrowser.open({ ignoreHTTPSErrors: true }, [
    `--host-resolver-rules=${rules}`,
    '--disable-features=HttpsUpgrades',
  ]);
  const connect = buildConnector({ rejectUnauthorized: false });
  const dispatcher = new Agent({
    connect: (options, callback) => {
      const { port } = options.protocol === 'https:' ? secure : plain;
      connect({ ...options, hostname: '127.0.0.1', port: `${port}`, servername: options.hostname }, callback);
    },
  });
  const addresses = {
    'its full name over HTTPS': `https://${fqdn}`,
    'its full name': `http://${fqdn}`,
    'its short name': 'http://site',
    'its address': `http://${ips[0]}`,
    'a door': `http://localhost:${plain.port}`,
    'a door with its name': `http://site.localhost:${plain.port}`,
  };
  const close = async () => {
    await browser[Symbol.asyncDispose]();
    await dispatcher.destroy();
    await run.stop();
    await Promise.all([plain.close(), secure.close(), own.close()]);
  };
  const through: typeof fetch = (input, init) => fetch(input, { ...init, dispatcher });
  return { run, browser, fetch: through, addresses, [Symbol.asyncDispose]: close };
}

/** Opens the page, and expects that everything on it works. */
async function check({ browser }: Exposed, url: string, framework: Framework, project: Project) {
  const { shows = { selector: '#text', text: 'Hello' }, path = '/', socket, form, edit } = framework;
  const page = await browser.context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('/favicon.ico')) {
      faults.push(`${response.status()} ${response.url()}`);
    }
  });
  const opened = socket ? openedSocket(page, socket) : undefined;
  await page.goto(url + path, { timeout: 60_000 });
  await page.locator(shows.selector, { hasText: shows.text }).first().waitFor({ timeout: 60_000 });
  await opened;
  // What the server has rendered can be seen before the scripts that update it have loaded.
  if (edit || form) await page.waitForLoadState('networkidle', { timeout: 60_000 });
  if (edit) await page.locator(shows.selector, { hasText: project.edit() }).waitFor({ timeout: 30_000 });
  if (form) {
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#answer', { hasText: 'Thanks form' }).waitFor({ timeout: 30_000 });
  }
  expect(faults).toEqual([]);
  await page.close();
}

/** Resolves when a WebSocket of the page has received something. */
function openedSocket(page: Page, url: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No WebSocket ${url} received anything.`)), 60_000);
    page.on('websocket', (socket) => {
      if (!url.test(socket.url())) return;
      socket.once('framereceived', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  });
}

for (const framework of FRAMEWORKS.filter(isWanted)) {
  const isExplicit = WANTED !== '';
  const isMissing =
    !isExplicit && isLeftOut(framework.name, isInstalled(framework), `npm run test:frameworks -- ${framework.name}`);
  describe.skipIf(noBrowser || isMissing)(framework.name, { timeout: 600_000 }, () => {
    it.each(['started', 'by port'])('works at all of its addresses, %s', async (way) => {
      if (!isInstalled(framework)) install(framework);
      using project = new Project(framework);
      const port = await freePort();
      const isStarted = way === 'started';
      await using server = isStarted ? undefined : await project.start(port);
      const args = isStarted ? ['--timeout', '3m', '--', ...framework.command(port)] : [`${port}`];
      await using exposed = await expose(project, args, port);
      if (framework.refuses) {
        const { ok } = await exposed.fetch(`${Object.values(exposed.addresses)[0]}${framework.path ?? '/'}`);
        expect(ok).toBe(false);
        await exposed.run.until(({ events }) => events.some(({ code }) => code === 'HOST_REFUSED'));
      }
      for (const [name, url] of Object.entries(exposed.addresses)) {
        try {
          if (framework.isMcp) expect(await callTool(project.directory, url, exposed.fetch)).toBe('Hello one');
          else await check(exposed, url, framework, project);
        } catch (error) {
          const output = server?.output() ?? '';
          throw new Error(`At ${name} (${url}): ${error}\n${exposed.run.stderr}\n${output}\n${exposed.run.stdout}`);
        }
      }
      const warnings = exposed.run.events.filter(({ code }) => code === 'HOST_REFUSED');
      expect(warnings.map(({ message }) => `${message}`.split(' refused')[0])).toEqual(
        framework.refuses ? [framework.refuses] : [],
      );
    });
  });
}
