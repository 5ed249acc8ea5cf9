import { spawn } from 'node:child_process';
import net from 'node:net';
import { expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { ENTRY, freshSurroundings, localApp, Run } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

it('serves others while one caller opens more connections than there are descriptors', async () => {
  await using app = await localApp();
  const words = [ENTRY, app.target, '--name', 'crowded', '--ephemeral', '--json'];
  const child = spawn('bash', ['-c', 'ulimit -n 256; exec "$0" "$@"', process.execPath, ...words], {
    cwd: surroundings().root,
    env: { ...surroundings().env, ...envOf('alice') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = new Run(child);
  await run.event('ready');
  await using greedy = await sandbox().door('carol', 'crowded:80');
  await using modest = await sandbox().door('bob', 'crowded:80');

  const half = Array.from({ length: 300 }, () => net.connect(greedy.port, '127.0.0.1'));
  for (const socket of half) socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: crowded\r\n');
  const { code, message } = await run.event('warning');
  expect({ code, message }).toEqual({
    code: 'CROWDED',
    message: expect.stringMatching(
      /^carol@example\.com \(100\.\S+\) has as many connections open as one caller may have/,
    ),
  });
  for (let i = 0; i < 20; i++) expect((await fetch(modest.url)).status).toBe(200);

  const { stdout } = await surroundings().run(['status', '--json']);
  expect(stdout).toContain('Too many open connections');
  expect(run.events.filter(({ event }) => event === 'warning')).toHaveLength(1);
  for (const socket of half) socket.destroy();
  await run.stop();
});
