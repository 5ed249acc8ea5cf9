import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, say, TestBrowser, texts } from '../chat/web/browser.ts';
import { isLeftOut } from '../requirement.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, Surroundings } from './run.ts';
import { noTmux, Terminal } from './terminal.ts';

const hasNc = spawnSync('nc', ['-h']).error === undefined;
const noNc = isLeftOut('nc', hasNc, 'apt-get install netcat-openbsd');

const surroundings = freshSurroundings();

describe.skipIf(noTmux)('a chat in a terminal', () => {
  it('starts with one command, with a door for each person, and stops with Ctrl-C', async () => {
    await using terminal = new Terminal(surroundings(), ['chat', '--sandbox']);
    await terminal.until(/│ {2}http:\/\/chat\.sandbox\.ts\.net +│/);
    const [, door] = await terminal.until(/bob@example\.com +(http:\/\/localhost:\d+)/);
    await terminal.until(/You are Alice Example \(alice@example\.com\) in lobby, alone for now\./);
    using elsewhere = new Surroundings();
    await using other = new Terminal(elsewhere, ['chat', 'join', door!]);
    await terminal.until(/● 2 here: you, Bob Example/);
    terminal.press('hello Bob');
    await other.until(/Alice Example is typing…/);
    terminal.press('Enter');
    await other.until(/^\d\d:\d\d Alice Example {2}hello Bob$/m);
    other.press('@al');
    // A Tab that arrives together with the text before it could be part of a paste.
    await other.until(/#lobby › @al/);
    other.press('Tab');
    await other.until(/#lobby › @Alice Example/);
    other.press('hi :wave:');
    other.press('Enter');
    await terminal.until(/^\d\d:\d\d Bob Example {2}@Alice Example hi 👋$/m);
    other.press('C-d');
    await other.until(/^exit code 0$/m);
    await terminal.until(/● no one else is here/);
    terminal.press('C-c');
    await terminal.until(/^exit code 130$/m);
    const left = surroundings().leftovers();
    expect(left.filter((one) => one.includes('/'))).toEqual([]);
  });

  it('follows the size of its terminal, and respects NO_COLOR', async () => {
    await using terminal = new Terminal(surroundings(), ['chat', '--sandbox'], { NO_COLOR: '1' });
    await terminal.until(/● no one else is here/);
    await terminal.until(/^─{100}$/m);
    terminal.resize(60, 20);
    await terminal.until(/^─{60}$/m);
    expect(terminal.colored).not.toMatch(/\u001b\[3[0-7](;|m)/);
    terminal.press('/quit');
    terminal.press('Enter');
    await terminal.until(/^exit code 0$/m);
  });
});

describe.skipIf(noBrowser || noTmux || noNc)('page, terminal and nc', () => {
  const sandbox = sharedSandbox();
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.open();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('carry one conversation of Alice, Bob, and a tagged device', async () => {
    const host = surroundings().start(['chat', '--ephemeral', '--json', '--https', 'off'], envOf('carol'));
    await host.event('ready');
    const alice = await browser.visit((await sandbox().door('alice', 'chat:80')).url);
    const bobsDoor = await sandbox().door('bob', 'chat:80');
    await using bob = new Terminal(surroundings(), ['chat', 'join', bobsDoor.url]);
    await bob.until(/You are Bob Example \(bob@example\.com\) in lobby, with Alice Example/);
    const { port } = await sandbox().door('ci-runner', 'chat:2323');
    const nc = spawn('nc', ['127.0.0.1', String(port)]);
    let heard = '';
    nc.stdout.setEncoding('utf8').on('data', (text) => {
      heard += text;
      nc.emit('heard');
    });
    const hears = async (pattern: RegExp) => {
      while (!pattern.test(heard)) await once(nc, 'heard');
    };
    await hears(/You are ci-runner \[tag:ci\] in lobby, with/);

    await say(alice, 'Is the build done?');
    await bob.until(/Alice Example {2}Is the build done\?/);
    await hears(/Alice Example: Is the build done\?/);
    nc.stdin.write('build 17 is green :tada:\n');
    await bob.until(/ci-runner \[tag:ci\] {2}build 17 is green 🎉/);
    await alice.getByText('build 17 is green 🎉').waitFor();
    bob.press('/me is happy');
    bob.press('Enter');
    await hears(/\* Bob Example is happy/);
    await alice.locator('.message.action', { hasText: 'is happy' }).waitFor();
    expect(await texts(alice)).toEqual(['Is the build done?', 'build 17 is green 🎉', 'Bob Example is happy']);
    expect(await alice.locator('#devices .who').textContent()).toBe('ci-runnertag:ci');

    nc.stdin.end('/quit\n');
    await hears(/Goodbye/);
    nc.kill();
    bob.press('C-d');
    await bob.until(/^exit code 0$/m);
    await host.stop();
    await alice.getByText('Connection lost').waitFor();
    await alice.close();
  });
});
