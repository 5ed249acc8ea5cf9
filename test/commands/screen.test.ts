import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, localApp } from './run.ts';
import { noTmux, Terminal, type TerminalOptions } from './terminal.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

/** The name of the latest exposure: another one each time, so that no test depends on how the last one ended. */
let name = '';
let number = 0;

/** Exposes an app in a terminal. */
function expose(args: string[], options?: TerminalOptions, env: NodeJS.ProcessEnv = {}): Terminal {
  name = `seen${++number}`;
  return new Terminal(surroundings(), ['--name', name, '--ephemeral', ...args], { ...envOf('alice'), ...env }, options);
}

/** Returns how often a text is in the terminal or in its scrollback. */
function count(terminal: Terminal, text: string): number {
  return terminal.text.split(text).length - 1;
}

describe.skipIf(noTmux)('the screen of an exposure', () => {
  it.each([
    [100, 10],
    [100, 15],
    [100, 24],
    [40, 24],
  ])('leaves nothing behind in %i columns and %i rows', async (columns, rows) => {
    await using app = await localApp();
    await using terminal = expose([app.target], { columns, rows, shell: true });
    await terminal.until(/● running/);
    terminal.press('h', 'Enter', 'x');
    // One direction at a time: tmux moves what is visible into the scrollback when both change.
    for (const [width, height] of [
      [columns, 24],
      [columns, 15],
      [60, 15],
      [40, 15],
      [40, 10],
    ] as const) {
      terminal.resize(width, height);
      await terminal.until(width < 60 ? /^q o c r f · \? help$/m : /^q quit · o open · c copy/m);
    }
    await expect.poll(() => count(terminal, '● running')).toBe(1);
    expect(count(terminal, '→ http://')).toBe(1);
    terminal.press('q');
    await terminal.until(/^exit code 130$/m);
    expect(terminal.text).toMatch(/^○ stopped · interrupted$/m);
    for (const text of ['running', '→ http', 'help', 'command not found']) expect(count(terminal, text)).toBe(0);
    // What was in the scrollback before is still there.
    expect(terminal.text).toMatch(/^1\n2\n3\n/m);
    expect(terminal.tmux('display-message', '-p', '#{cursor_flag}').trim()).toBe('1');
  });

  it('gives the terminal back at Ctrl-Z, and takes it again after fg', async () => {
    await using app = await localApp();
    await using terminal = expose([app.target], { shell: true });
    await terminal.until(/q quit/);
    terminal.press('C-z');
    await terminal.until(/Stopped/);
    terminal.press('stty -a | grep -ow "[-]*icanon"; echo is-$((6*7))', 'Enter');
    await terminal.until(/^icanon\nis-42$/m);
    expect(count(terminal, '● running')).toBe(0);
    terminal.press('fg; echo "exit code $?"', 'Enter');
    await terminal.until(/● running/);
    expect(count(terminal, '● running')).toBe(1);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
  });

  it('does not stop in the background, and takes the terminal when it comes to the foreground', async () => {
    await using app = await localApp();
    await using terminal = expose([app.target], { shell: true });
    await terminal.until(/q quit/);
    terminal.press('C-z');
    await terminal.until(/Stopped/);
    terminal.press('bg', 'Enter');
    await using door = await sandbox().door('bob', `${name}:80`);
    expect((await fetch(door.url)).status).toBe(200);
    await terminal.until(/bob@example\.com GET \/ 200/);
    expect(count(terminal, '● running')).toBe(0);
    terminal.press('fg; echo "exit code $?"', 'Enter');
    await terminal.until(/● running/);
    terminal.press('q');
    await terminal.until(/exit code 130/);
  });

  it('quits at once at the second Ctrl-C, however fast it comes', async () => {
    await using app = await localApp(() => {}); // never responds
    await using terminal = expose([app.target], { shell: true });
    await terminal.until(/q quit/);
    await using door = await sandbox().door('bob', `${name}:80`);
    const request = fetch(door.url).catch(() => {});
    await terminal.until(/1 connected/);
    const began = performance.now();
    terminal.press('C-c', 'C-c');
    await terminal.until(/^exit code 130$/m);
    // Otherwise it would wait five seconds for the response.
    expect(performance.now() - began).toBeLessThan(4000);
    terminal.press('stty -a | grep -ow "[-]*icanon"', 'Enter');
    await terminal.until(/^icanon$/m);
    await request;
  });

  it('says at the end of a failed start that it has failed', async () => {
    await using terminal = expose(['3000', '--auth-key', 'tskey-auth-wrong'], { shell: true });
    await terminal.until(/^exit code 1$/m);
    expect(terminal.text).toMatch(/^○ could not start\nerror: /m);
    expect(count(terminal, 'starting')).toBe(0);
  });

  it('shows who is connected, and whether the target is up', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    await using terminal = expose([String((server.address() as AddressInfo).port)]);
    await terminal.until(/→ http:\S+ · up/);
    await using door = await sandbox().door('bob', `${name}:80`);
    const socket = new WebSocket(door.url.replace('http', 'ws'));
    await once(socket, 'open');
    await terminal.until(/^BE bob@example\.com {2}\S+ {2}1 WebSocket$/m);
    socket.terminate();
    await expect.poll(() => count(terminal, ' connected')).toBe(0);
    server.close();
    await terminal.until(/○ running · the app is down/);
    terminal.press('q');
    await terminal.until(/^exit code 130$/m);
  });

  it('shows some of many requests, and counts all', async () => {
    await using app = await localApp();
    await using terminal = expose([app.target]);
    await terminal.until(/● running/);
    await using door = await sandbox().door('bob', `${name}:80`);
    for (let i = 0; i < 10; i++) {
      await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${door.url}/many`)).text()));
    }
    await terminal.until(/^500 requests · \d+\/s · p50 \S+ ms · p99 \S+ m?s$/m);
    await terminal.until(/^… and \d+ more requests$/m);
    terminal.press('q');
    await terminal.until(/stopped · interrupted · 500 requests/);
    const more = [...terminal.text.matchAll(/^… and (\d+) more requests?$/gm)].map(([, number]) => Number(number));
    const shown = count(terminal, 'GET /many');
    expect(shown + more.reduce((sum, number) => sum + number, 0)).toBe(500);
  });

  it('has keys to open, copy, and filter', async () => {
    const opened = join(surroundings().root, 'opened');
    const browser = join(surroundings().root, 'browser');
    writeFileSync(browser, `#!/bin/sh\necho "$1" > '${opened}'\n`, { mode: 0o755 });
    await using app = await localApp();
    await using terminal = expose([app.target, '--https', 'off'], {}, { BROWSER: browser });
    await terminal.until(/q quit/);
    terminal.press('o');
    await terminal.until(/Opening http:/);
    await expect.poll(() => existsSync(opened) && readFileSync(opened, 'utf8')).toBe(`http://${name}.sandbox.ts.net\n`);
    terminal.tmux('set-option', '-g', 'set-clipboard', 'on');
    terminal.press('c');
    await terminal.until(/Copied http/);
    await expect.poll(() => terminal.tmux('show-buffer')).toBe(`http://${name}.sandbox.ts.net`);
    terminal.press('r');
    await terminal.until(/█▀▀▀▀▀▀▀█/);
    terminal.press('?');
    await terminal.until(/copy the URL/);
    terminal.press('f', 'carol', 'Enter');
    await terminal.until(/filter: carol/);
    await using door = await sandbox().door('bob', `${name}:80`);
    await (await fetch(`${door.url}/unseen`)).text();
    await terminal.until(/^1 request ·/m);
    expect(count(terminal, '/unseen')).toBe(0);
    terminal.press('Escape');
    await terminal.until(/^q quit/m);
    await (await fetch(`${door.url}/seen`)).text();
    await terminal.until(/GET \/seen 200/);
    terminal.press('q');
    await terminal.until(/^exit code 130$/m);
  });

  it('opens the login page with Enter', async () => {
    const opened = join(surroundings().root, 'opened');
    const browser = join(surroundings().root, 'browser');
    writeFileSync(browser, `#!/bin/sh\necho "$1" > '${opened}'\n`, { mode: 0o755 });
    const args = ['3000', '--name', 'newcomer', '--ephemeral', '--control-url', sandbox().controlUrl];
    await using terminal = new Terminal(surroundings(), args, { BROWSER: browser });
    const [url] = await terminal.until(/http:\/\/127\.0\.0\.1:\d+\/a\/\w+/);
    await terminal.until(/█▀▀▀▀▀▀▀█/);
    await terminal.until(/Enter log in/);
    terminal.press('Enter');
    await expect.poll(() => existsSync(opened) && readFileSync(opened, 'utf8')).toBe(`${url}\n`);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
  });
});

describe.skipIf(noTmux)('an app that was started from a terminal', () => {
  it('has its colors and the keys, and leaves none of them to the shell', async () => {
    const file = join(surroundings().root, 'work/app.mjs');
    writeFileSync(
      file,
      `import { createServer } from 'node:http';
       import { createInterface } from 'node:readline';
       const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
       console.log('\\u001b[2J\\u001b[32mgreen\\u001b[39m', process.env.FORCE_COLOR, process.stdin.isTTY);
       const lines = createInterface({ input: process.stdin });
       lines.on('line', (line) => {
         console.log('got ' + line);
         if (line !== 'q') return;
         lines.close();
         process.exit();
       });`,
    );
    await using terminal = expose(['--', process.execPath, file], { shell: true });
    await terminal.until(/● running · Ctrl-C to stop/);
    // Its colors are there, and it could not clear the terminal.
    expect(terminal.colored).toContain('\u001b[32mgreen');
    expect(terminal.text).toMatch(/^green 1 true$/m);
    expect(terminal.text).toMatch(/^1\n2\n3\n/m);
    terminal.press('C-z');
    await terminal.until(/Stopped/);
    terminal.press('fg; echo "exit code $?"', 'Enter');
    await terminal.until(/● running/);
    terminal.press('hello', 'Enter');
    await terminal.until(/^got hello$/m);
    terminal.press('q', 'Enter');
    await terminal.until(/^exit code 0$/m);
    expect(terminal.text).toMatch(/^○ stopped · the app exited$/m);
    expect(count(terminal, 'running')).toBe(0);
    terminal.press('stty -a | grep -ow "[-]*echo"', 'Enter');
    await terminal.until(/^echo$/m);
  });

  it('may leave keys unread, which the shell does not get', async () => {
    const file = join(surroundings().root, 'work/deaf.mjs');
    writeFileSync(
      file,
      "import { createServer } from 'node:http'; createServer((_, response) => response.end()).listen(0, '127.0.0.1');",
    );
    await using terminal = expose(['--', process.execPath, file], { shell: true });
    await terminal.until(/● running/);
    terminal.press('echo executed', 'Enter', 'half a line');
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
    terminal.press('echo after', 'Enter');
    await terminal.until(/^after$/m);
    expect(terminal.text).not.toMatch(/executed|half/);
  });
});
