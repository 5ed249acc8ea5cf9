import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, localApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const CONNECTIONS = 8;
const MEGABYTES = 48;

function megabytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

it('keeps its memory while a caller sends as fast as it can', { timeout: 90_000 }, async () => {
  await using app = await localApp((request, response) => {
    request.resume().once('end', () => response.end('received'));
  });
  const run = surroundings().start([app.target, '--name', 'flooded', '--ephemeral', '--json'], envOf('alice'));
  await run.event('ready');
  await using door = await sandbox().door('carol', 'flooded:80');
  const before = megabytes(run.child.pid!);

  const chunk = Buffer.alloc(1 << 20);
  const upload = async () => {
    const socket = net.connect(door.port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
    });
    const length = MEGABYTES * chunk.length;
    socket.write(`POST / HTTP/1.1\r\nHost: flooded\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`);
    for (let sent = 0; sent < MEGABYTES; sent += 1) if (!socket.write(chunk)) await once(socket, 'drain');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 200[\s\S]*received$/);
  };
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, megabytes(run.child.pid!));
  }, 250);
  await Promise.all(Array.from({ length: CONNECTIONS }, upload));
  clearInterval(watch);
  expect(most - before).toBeLessThan(352);
  await run.stop();
});
