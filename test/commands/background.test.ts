import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, type Surroundings, sharedApp } from './run.ts';
import { noTmux, Terminal } from './terminal.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const app = sharedApp();

const logsOf = ({ root }: Surroundings) => join(root, 'home/tsexpose/.logs');

/** Starts a node in the background. */
const detach = (name: string, ...args: string[]) =>
  surroundings().run([app().target, '--name', name, '--ephemeral', '-d', ...args], envOf('alice'));

describe('tsexpose --detach', () => {
  it('exits when the app is on the tailnet, which stays there', async () => {
    const { code, stdout, stderr } = await detach('behind');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^https?:\/\/behind\.sandbox\.ts\.net -> http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stderr).toMatch(
      /^running in the background as process \d+\n {2}logs: tsexpose logs behind -f\n {2}stop: tsexpose stop behind$/m,
    );
    await using door = await sandbox().door('bob', 'behind:80');
    expect((await fetch(`${door.url}/hello`)).status).toBe(200);
    const stopped = await surroundings().run(['stop', 'behind']);
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    expect(stopped.stdout).toMatch(/^Stopped behind \(process \d+\)\.\n$/);
    // Its output is still there.
    const logs = await surroundings().run(['logs', 'behind']);
    expect(logs).toMatchObject({ code: 0, stderr: '' });
    expect(logs.stdout).toMatch(/ bob@example\.com GET \/hello 200 .*\n(.*\n)*closed: close requested\n$/);
    const left = surroundings().leftovers();
    expect(left.filter((path) => !path.startsWith('home/tsexpose'))).toEqual([]);
  });

  it('keeps the log in a file of its own that only its user can read', async () => {
    const { stdout } = await detach('private', '--json');
    const { log, pid } = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(log).toBe(join(logsOf(surroundings()), `private-${pid}.log`));
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(statSync(logsOf(surroundings())).mode & 0o777).toBe(0o700);
    await surroundings().run(['stop', String(pid)]);
  });

  it('keeps a chat open, and shows the doors of a sandbox', async () => {
    const { code, stdout, stderr } = await surroundings().run(['chat', '--name', 'room', '--sandbox', '-d']);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('stop: tsexpose stop room') });
    const [, url] = /^as bob@example\.com: (http:\S+)$/m.exec(stdout)!;
    expect(await (await fetch(url!)).text()).toContain('<title>');
    expect((await surroundings().run(['stop', 'room'])).code).toBe(0);
    const left = surroundings().leftovers();
    expect(left.filter((path) => !path.startsWith('home/tsexpose'))).toEqual([]);
  });

  it('prints events with --json, up to the one that says how to find the node', async () => {
    const { code, stdout, stderr } = await detach('events', '--json');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event).slice(-2)).toEqual(['ready', 'detached']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { name, pid } = events.at(-1);
    const status = JSON.parse((await surroundings().run(['status', '--json'])).stdout);
    expect(status).toMatchObject({ name, pid, log: events.at(-1).log });
    const stopped = await surroundings().run(['stop', '--all', '--json']);
    expect(JSON.parse(stopped.stdout)).toEqual({ event: 'stopped', name: 'events', pid });
    const lines = (await surroundings().run(['logs', 'events', '--json', '-n', '1'])).stdout;
    expect(JSON.parse(lines)).toEqual({ event: 'closed', reason: 'close requested' });
  });

  it('reports a failed start with its exit code, and leaves nothing behind', async () => {
    const args = ['3000', '--name', 'failed', '-d', '--control-url', sandbox().controlUrl];
    const { code, stderr } = await surroundings().run(args);
    expect(stderr).toMatch(/^error: .*log in/m);
    expect(stderr).toContain('code: ERR_TSEXPOSE_LOGIN_NEEDED');
    expect(code).toBe(3);
    expect(
      surroundings()
        .leftovers()
        .filter((path) => path.includes('failed')),
    ).toEqual([]);
    expect(readdirSync(logsOf(surroundings()))).toEqual([]);
  });

  it('checks the command line before it starts anything', async () => {
    const { code, stderr } = await surroundings().run(['3000', '-d', '--allow', 'alcie']);
    expect(stderr).toContain('--allow');
    expect(code).toBe(2);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('starts the app as well, and shows why it failed', async () => {
    const script = 'console.log("no database"); process.exit(7)';
    const { code, stderr } = await surroundings().run(['-d', '--', process.execPath, '-e', script], envOf('alice'));
    expect(stderr).toContain('no database');
    expect(stderr).toContain('exited with code 7');
    expect(code).toBe(1);
    expect(
      surroundings()
        .leftovers()
        .filter((path) => !path.startsWith('home/tsexpose')),
    ).toEqual([]);
  });

  it('ends the start with its own', async () => {
    const idle = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
    const run = surroundings().start(['-d', '--timeout', '0', '--', ...idle], envOf('alice'));
    await run.until(({ stderr }) => stderr.includes('to listen on a port'));
    await run.stop('SIGKILL');
    await expect
      .poll(
        () =>
          surroundings()
            .leftovers()
            .filter((path) => /^\d+$/.test(path)),
        { timeout: 10_000 },
      )
      .toEqual([]);
  });

  it('says how to tell nodes of one name apart', async () => {
    const first = await detach('twin', '--json', '--state-dir', 'a');
    const second = await detach('twin', '--json', '--state-dir', 'b');
    const pids = [first, second].map(({ stdout }) => JSON.parse(stdout.trim().split('\n').at(-1)!).pid);
    expect(new Set(pids).size).toBe(2);
    const names = (await surroundings().run(['list', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).name);
    // The sandbox numbers the second one, as the tailnet does.
    for (const name of names) expect((await surroundings().run(['logs', name])).code).toBe(0);
    expect(await surroundings().run(['stop', '--all'])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('tsexpose logs', () => {
  it('follows a log until the node ends', async () => {
    await detach('followed');
    const logs = surroundings().start(['logs', 'followed', '-f', '-n', '0']);
    await using door = await sandbox().door('carol', 'followed:80');
    const asking = (async () => {
      while (!logs.stdout.includes('GET /seen')) await (await fetch(`${door.url}/seen`)).text();
    })();
    await logs.until(({ stdout }) => stdout.includes('carol@example.com GET /seen 200'));
    await asking;
    await surroundings().run(['stop', 'followed']);
    const { code, stdout } = await logs.ended;
    expect(stdout).toMatch(/closed: close requested\n$/);
    expect(code).toBe(0);
  });

  it.each([['logs', 'ghost'], ['logs'], ['stop', 'ghost']])('says what there is instead: %s %s', async (...args) => {
    const { code, stderr } = await surroundings().run(args);
    expect(stderr).toMatch(/^error: No .*\n {2}try: tsexpose 3000/);
    expect(code).toBe(1);
  });

  it('names the logs that there are', async () => {
    await detach('real');
    const { code, stderr } = await surroundings().run(['logs', 'reel']);
    expect(stderr).toContain(
      'error: No node named reel has run in the background. Logs are kept for: real.\n  try: tsexpose logs real',
    );
    expect(code).toBe(1);
    const stop = await surroundings().run(['stop', 'reel']);
    expect(stop.stderr).toContain('error: No running node is named reel. Running: real.\n  try: tsexpose stop real');
    await surroundings().run(['stop', '-a']);
  });

  it('says where the output of a node in a terminal is', async () => {
    const run = surroundings().start([app().target, '--name', 'shown', '--ephemeral', '--json'], envOf('alice'));
    await run.event('ready');
    const { code, stderr } = await surroundings().run(['logs', 'shown']);
    expect(stderr).toMatch(/^error: shown \(process \d+\) does not run in the background/);
    expect(code).toBe(1);
    expect(await surroundings().run(['stop', 'shown'])).toMatchObject({ code: 0 });
    expect((await run.ended).code).toBe(0);
  });
});

describe('tsexpose stop', () => {
  it('requires a name or --all', async () => {
    expect(await surroundings().run(['stop'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Missing') });
    expect(await surroundings().run(['stop', 'web', '--all'])).toMatchObject({ code: 2 });
  });

  it('has nothing to do if nothing is running', async () => {
    expect(await surroundings().run(['stop', '--all'])).toMatchObject({ code: 0, stdout: 'No nodes are running.\n' });
  });
});

describe.skipIf(noTmux)('a node in the background', () => {
  it('survives the end of its terminal, and is stopped from another', async () => {
    {
      const args = [app().target, '--name', 'survivor', '--ephemeral', '-d'];
      await using terminal = new Terminal(surroundings(), args, envOf('alice'));
      await terminal.until(/stop: tsexpose stop survivor/);
      await terminal.until(/^exit code 0$/m);
    }
    await using door = await sandbox().door('bob', 'survivor:80');
    expect((await fetch(`${door.url}/late`)).status).toBe(200);
    await using other = new Terminal(surroundings(), ['logs', 'survivor', '-f']);
    await other.until(/bob@example\.com GET \/late 200/);
    expect(await surroundings().run(['stop', 'survivor'])).toMatchObject({ code: 0 });
    await other.until(/closed: close requested\nexit code 0/);
  });

  it('waits for a login on the page that the terminal shows', async () => {
    const args = [app().target, '--name', 'fresh', '--ephemeral', '-d', '--control-url', sandbox().controlUrl];
    await using terminal = new Terminal(surroundings(), args);
    const [url] = await terminal.until(/http:\/\/127\.0\.0\.1:\d+\/a\/\w+/);
    await sandbox().admin.completeLogin(url, 'bob');
    await terminal.until(/^exit code 0$/m);
    expect(readFileSync(join(logsOf(surroundings()), readdirSync(logsOf(surroundings()))[0]!), 'utf8')).toContain(
      ' -> ',
    );
    await surroundings().run(['stop', 'fresh']);
  });

  it('stops while it starts on Ctrl-C', async () => {
    const args = [app().target, '--name', 'undone', '--ephemeral', '-d', '--control-url', sandbox().controlUrl];
    await using terminal = new Terminal(surroundings(), args);
    await terminal.until(/http:\/\/127\.0\.0\.1:\d+\/a\/\w+/);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
    expect(readdirSync(logsOf(surroundings()))).toEqual([]);
  });
});

describe('tsexpose status', () => {
  it('shows callers, requests, and whether the target is there', async () => {
    await detach('watched');
    await using door = await sandbox().door('bob', 'watched:80');
    await (await fetch(`${door.url}/hello`)).text();
    const status = () =>
      surroundings()
        .run(['status', '--json'])
        .then(({ stdout }) => JSON.parse(stdout));
    await expect
      .poll(async () => (await status()).activity, { timeout: 10_000 })
      .toMatchObject({
        requests: 1,
        lastMinute: 1,
        callers: ['bob@example.com'],
      });
    const { stdout } = await surroundings().run(['status']);
    expect(stdout).toMatch(/^requests +1, 1 in the last minute$/m);
    expect(stdout).toMatch(/^recent callers +bob@example\.com$/m);
    expect(stdout).not.toContain('target is down');
    const watch = surroundings().start(['status', '--watch']);
    await watch.until(({ stdout }) => stdout.split(/^name /m).length > 2);
    expect((await watch.stop()).code).toBe(130);
    await surroundings().run(['stop', 'watched']);
  });

  it('marks a sandbox, and says that the target is down', async () => {
    await surroundings().run(['127.0.0.1:9', '--name', 'down', '--sandbox', '-d']);
    const { code, stdout } = await surroundings().run(['status']);
    expect(stdout).toMatch(/^target is down +.+$/m);
    expect(stdout).toMatch(/^tailnet .*\(sandbox\)/m);
    expect(code).toBe(0);
    await surroundings().run(['stop', 'down']);
  });
});
