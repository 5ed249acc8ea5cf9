import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings } from './run.ts';

describe('tsexpose connect', () => {
  const sandbox = sharedSandbox();
  const surroundings = freshSurroundings();
  beforeAll(async () => {
    await sandbox().admin.serve({ who: 'alice', hostname: 'echo', port: 7, kind: 'echo' });
    await sandbox().admin.serve({ who: 'alice', hostname: 'web', port: 80, kind: 'whois' });
  });
  const start = (...args: string[]) => surroundings().start(['connect', ...args], envOf('bob'));

  it('joins standard input and output with a port of the tailnet', async () => {
    const run = surroundings().start(['connect', 'echo:7'], envOf('bob'), 'pipe');
    run.child.stdin!.end('there and back');
    expect(await run.ended).toMatchObject({ code: 0, stdout: 'there and back' });
  });

  it('leaves nothing of a node that never logged in', async () => {
    const args = ['--name', 'stranger', '--auth-key', 'tskey-auth-none', '--control-url', sandbox().controlUrl];
    for (const command of [
      ['connect', 'web:80'],
      ['chat', 'join', 'web'],
    ]) {
      const { code, stderr } = await surroundings().run([...command, ...args], sandbox().env);
      expect(stderr).toContain('error: The control server did not accept the auth key');
      expect(code).toBe(1);
      expect(surroundings().leftovers()).toEqual([]);
    }
  });

  it('opens a local port that leads there', async () => {
    const port = await freePort();
    const run = start('web:80', String(port));
    await run.until(({ stdout }) => stdout.includes(`127.0.0.1:${port} -> web:80`));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).json()).toMatchObject({ login: 'bob@example.com' });
    const second = await start('web:80', String(port)).ended;
    expect(second.stderr).toContain(`error: Port ${port} is already in use on this machine.`);
    expect(second.stderr).toContain('code: EADDRINUSE');
    // Others have no reason to look for this node, so another name is not worth a warning.
    expect(second.stderr).not.toContain('Another device is named connect');
    expect(second.code).toBe(1);
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

  it('leads SOCKS5 clients nowhere else: not to this machine, nor to the internet', async () => {
    let visits = 0;
    const server = createServer(() => visits++).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const run = start('--socks5', '0');
    await run.until(({ stdout }) => /socks5:\/\/127\.0\.0\.1:\d+/.test(stdout));
    const proxy = /127\.0\.0\.1:\d+/.exec(run.stdout)![0];
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '192.0.2.1', '0.0.0.0', 'localhost']) {
      const asked = promisify(execFile)('curl', ['-sSv', '--socks5-hostname', proxy, `http://${host}:${port}/`]);
      await expect(asked).rejects.toMatchObject({ code: 97 });
    }
    expect(visits).toBe(0);
    expect(run.stderr).toContain('192.0.2.1 is not an address on the tailnet that this node can reach.');
    server.close();
    await run.stop();
  });

  it('answers SOCKS5 clients in the words of RFC 1928', async () => {
    const run = start('--socks5', '0');
    await run.until(({ stdout }) => /socks5:\/\/127\.0\.0\.1:\d+/.test(stdout));
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(run.stdout)![1]);
    const ask = async (...bytes: number[]) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.end(Buffer.from(bytes));
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      return [...Buffer.concat(chunks)];
    };
    const greeted = [5, 0];
    const reply = (code: number) => [...greeted, 5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    const address = [1, 192, 0, 2, 1, 0, 80];
    expect(await ask(5, 1, 0, 5, 1, 0, ...address)).toEqual(reply(4));
    expect(await ask(5, 1, 0, 5, 2, 0, ...address)).toEqual(reply(7));
    expect(await ask(5, 1, 0, 5, 1, 0, 9, 1, 1, 1, 1, 0, 80)).toEqual(reply(8));
    // Method 0xFF: there is none that both sides accept.
    expect(await ask(4, 1, 0, 80, 192, 0, 2, 1, 0)).toEqual([5, 255]);
    await run.stop();
  });

  it.each([
    ['nosuch:80', 'No device on the tailnet is named nosuch.'],
    ['web:81', 'Nothing is listening on port 81 of web.'],
    ['192.0.2.1:80', '192.0.2.1 is not an address on the tailnet that this node can reach.'],
  ])('says why there is nothing at %s', async (address, words) => {
    const { code, stderr } = await start(address).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  });

  it.each([
    [[], 'Expected NAME:PORT, got nothing.'],
    [['db'], 'Expected NAME:PORT, got "db".'],
    [['db:0'], 'Expected a port from 1 to 65535, got "0".'],
    [['db:5432', 'x'], 'Expected a port from 1 to 65535, got "x".'],
    [['db:5432', '--socks5', '1080'], '--socks5 cannot be combined with NAME:PORT.'],
  ])('refuses %j with exit code 2 and an example', async (args, words) => {
    const { code, stderr } = await start(...args).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${words}`);
    expect(stderr).toContain('tsexpose connect db:5432 5432');
  });
});
