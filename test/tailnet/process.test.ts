import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { useSandbox } from './pair.ts';

describe('a process with a node', () => {
  const sandbox = useSandbox();

  /** Runs a program that has a node, with the built library; resolves when it has ended by itself. */
  async function run(program: string): Promise<string[]> {
    const source = `
      import { Tailnet } from 'tsexpose';
      const tailnet = await Tailnet.up({ hostname: 'process', ephemeral: true });
      const server = tailnet.createServer((req, res) => res.end('hello')).listen(80);
      await new Promise((resolve) => server.once('listening', resolve));
      process.on('exit', () => console.log('exit'));
      ${program}`;
    const env = { ...process.env, ...sandbox().env, TS_AUTHKEY: sandbox().authKey('alice') };
    const args = ['--input-type=module', '--eval', source];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 20_000 });
    return stdout.trim().split('\n');
  }

  it('ends when the node is closed', async () => {
    expect(await run(`await tailnet.close(); console.log(process.getActiveResourcesInfo().join());`)).toContain('exit');
  });

  it('is not held by a node that is unref’d', async () => {
    expect(await run('tailnet.unref();')).toEqual(['exit']);
  });

  it('is held by a node, and by a server that was ref’d under an unref’d node', async () => {
    expect(await run(`setTimeout(() => { console.log('held'); tailnet.unref(); }, 100).unref();`)).toEqual([
      'held',
      'exit',
    ]);
    const held = await run(`
      tailnet.unref();
      server.ref();
      setTimeout(() => { console.log('held'); server.unref(); }, 100).unref();`);
    expect(held).toEqual(['held', 'exit']);
  });

  it('is told what a listener throws, as by every other socket of Node', async () => {
    const thrown = await run(`
      process.on('uncaughtException', ({ message }) => console.log(message));
      const echo = await tailnet.listen(7);
      echo.on('connection', (socket) => {
        tailnet.unref();
        socket.destroy();
        throw new Error('on purpose');
      });
      await tailnet.dial({ host: tailnet.ips[0], port: 7 });`);
    expect(thrown).toEqual(['on purpose', 'exit']);
  });

  it('leaves no keys behind when it ends with the node open', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsexpose-process-'));
    process.env.TMPDIR = directory;
    const directories = 'console.log((await import("node:fs")).readdirSync(process.env.TMPDIR).length);';
    expect(await run(`${directories} tailnet.unref();`)).toEqual(['1', 'exit']);
    expect(await run('process.exit();')).toEqual(['exit']);
    delete process.env.TMPDIR;
    expect(readdirSync(directory)).toEqual([]);
    rmdirSync(directory);
  });

  it('is held by an open connection to or from the tailnet', async () => {
    const held = await run(`
      server.once('connection', (socket) => setTimeout(() => { console.log('held'); socket.destroy(); }, 100).unref());
      const socket = await tailnet.dial({ host: tailnet.ips[0], port: 80 });
      tailnet.unref();
      socket.resume();`);
    expect(held).toEqual(['held', 'exit']);
  });

  it('is not held by a paused connection under an unref’d node', async () => {
    const output = await run(`
      tailnet.unref();
      server.on('connection', (socket) => socket.unref());
      const socket = tailnet.connect({ host: tailnet.ips[0], port: 80 }).pause();
      socket.on('connect', () => setTimeout(() => { console.log('held'); process.exit(); }, 3000).unref());`);
    expect(output).toEqual(['exit']);
  });
});
