import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ENTRY, Surroundings } from './run.ts';

describe('tsexpose connect', () => {
  let sandbox: Sandbox;
  let surroundings: Surroundings;
  beforeAll(async () => {
    sandbox = await Sandbox.start();
    await sandbox.admin.serve({ who: 'alice', hostname: 'echo', port: 7, kind: 'echo' });
    await sandbox.admin.serve({ who: 'alice', hostname: 'web', port: 80, kind: 'whois' });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    surroundings = new Surroundings();
  });
  afterEach(() => surroundings[Symbol.dispose]());
  const start = (...args: string[]) =>
    surroundings.start(['connect', ...args], { ...sandbox.env, TS_AUTHKEY: sandbox.authKey('bob') });

  it('joins standard input and output with a port of the tailnet', async () => {
    const env = { ...surroundings.env, ...sandbox.env, TS_AUTHKEY: sandbox.authKey('bob') };
    const child = spawn(process.execPath, [ENTRY, 'connect', 'echo:7'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end('there and back');
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
    expect(text).toBe('there and back');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
  });

  it('opens a local port that leads there', async () => {
    const run = start('web:80', '18631');
    await run.until(({ stdout }) => stdout.includes('127.0.0.1:18631 -> web:80'));
    expect(await (await fetch('http://127.0.0.1:18631/')).json()).toMatchObject({ login: 'bob@example.com' });
    expect(await run.stop()).toMatchObject({ code: 130 });
  });

  it('leads SOCKS5 clients to every name of the tailnet, and says what is not there', async () => {
    const run = start('--socks5', '0');
    await run.until(({ stdout }) => /socks5:\/\/127\.0\.0\.1:\d+/.test(stdout));
    const proxy = /127\.0\.0\.1:\d+/.exec(run.stdout)![0];
    const { stdout } = await promisify(execFile)('curl', ['-sS', '--socks5-hostname', proxy, 'http://web/path']);
    expect(JSON.parse(stdout)).toMatchObject({ login: 'bob@example.com', url: '/path' });
    const refused = promisify(execFile)('curl', ['-sS', '--socks5-hostname', proxy, 'http://web:81/']);
    await expect(refused).rejects.toMatchObject({ code: 97 });
    await run.stop();
  });

  it.each([[[]], [['db']], [['db:0']], [['db:5432', 'x']], [['db:5432', '--socks5', '1080']]])(
    'refuses %j with exit code 2 and an example',
    async (args) => {
      const { code, stderr } = await start(...args).ended;
      expect(code).toBe(2);
      expect(stderr).toContain('tsexpose connect db:5432 5432');
    },
  );
});
