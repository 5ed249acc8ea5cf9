import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { isLeftOut } from '../requirement.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { ENTRY, freshSurroundings, localApp } from './run.ts';
import { noTmux, Terminal } from './terminal.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

describe.skipIf(noTmux)('a terminal', () => {
  it('shows the address and requests, and stops on Ctrl-C', async () => {
    await using app = await localApp();
    const env = envOf('alice');
    await using terminal = new Terminal(surroundings(), [app.target, '--name', 'seen', '--ephemeral'], env);
    await terminal.until(/→ http/);
    await terminal.until(/│ {2}https:\/\/seen\.sandbox\.ts\.net +│/);
    await terminal.until(/● running\nq quit/);
    expect(terminal.text).toContain(`→ http://${app.target}`);
    await using door = await sandbox().door('bob', 'seen:80');
    await (await fetch(`${door.url}/hello`)).text();
    await terminal.until(/^\d\d:\d\d:\d\d bob@example\.com GET \/hello 200 \d+ ms$/m);
    await terminal.until(/● running\n1 request · /);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
    expect(terminal.text).toMatch(/stopped · interrupted · 1 request/);
    expect((await sandbox().admin.state()).counters.logouts).toContain('seen');
  });

  it.each(['', '0', 'false'])('is one when CI is %j', async (CI) => {
    await using app = await localApp();
    const env = { ...envOf('alice'), CI };
    await using terminal = new Terminal(surroundings(), [app.target, '--name', 'empty-ci', '--ephemeral'], env);
    await terminal.until(/● running/);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
  });

  it('shows the login page and continues after the login', async () => {
    await using app = await localApp();
    const args = [app.target, '--name', 'newcomer', '--ephemeral', '--control-url', sandbox().controlUrl];
    await using terminal = new Terminal(surroundings(), args);
    const [url] = await terminal.until(/http:\/\/127\.0\.0\.1:\d+\/a\/\w+/);
    expect(terminal.text).toContain('To add newcomer to your tailnet, open this page');
    await sandbox().admin.completeLogin(url, 'bob');
    await terminal.until(/● running/);
    expect((await sandbox().admin.node('newcomer'))?.login).toBe('bob@example.com');
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
  });

  it('keeps the demo up until Ctrl-C, with a door for each caller', async () => {
    await using terminal = new Terminal(surroundings(), ['demo']);
    await terminal.until(/● running/);
    const [, alice] = await terminal.until(/alice@example\.com +(http:\/\/localhost:\d+)/);
    const page = await (await fetch(alice!)).text();
    expect(page).toContain('Hello, Alice Example');
    await terminal.until(/alice@example\.com GET \/ 200/);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
    // The processes of the terminal itself are still running.
    const left = surroundings().leftovers();
    expect(left.filter((one) => one.includes('/'))).toEqual([]);
  });

  it.each(['NO_COLOR', 'CI'])('obeys %s', async (name) => {
    await using terminal = new Terminal(surroundings(), ['3000', '--sandbox'], { [name]: '1' });
    await terminal.until(/https:\/\/work\.sandbox\.ts\.net/);
    if (name === 'CI') expect(terminal.text).toMatch(/^http:\/\/work\.sandbox\.ts\.net -> http:\/\/localhost:3000$/m);
    expect(terminal.colored).not.toMatch(/\u001b\[3[0-7](;|m)/);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
  });
});

/** Runs a program in a terminal, closes the terminal once it shows a text, and prints how the program ended. */
const CLOSE_TERMINAL = `
import os, pty, sys
wanted, command = sys.argv[1].encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0: os.execv(command[0], command)
shown = b''
while wanted not in shown: shown += os.read(terminal, 65536)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

describe.skipIf(isLeftOut('Python', spawnSync('python3', ['--version']).status === 0, 'apt-get install python3'))(
  'a terminal that is closed',
  () => {
    it('ends tsexpose as Ctrl-C does', async () => {
      await using app = await localApp();
      const { root, env } = surroundings();
      const words = [process.execPath, ENTRY, app.target, '--name', 'hung-up', '--ephemeral'];
      const child = spawn('python3', ['-c', CLOSE_TERMINAL, 'running', ...words], {
        cwd: join(root, 'work'),
        env: { ...env, ...envOf('alice'), TERM: 'xterm-256color' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      // Not -6: Node.js aborts if it cannot restore the settings of its terminal.
      expect(await text(child.stdout)).toBe('130\n');
    });
  },
);
