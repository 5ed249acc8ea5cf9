import { spawn } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, openSession } from '../proxy/tcp/tls-rig.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { ENTRY, freshSurroundings, localApp, Run } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

const SECURE = { servername: 'crowded.sandbox.ts.net', rejectUnauthorized: false };

/** Starts the program with a number of descriptors. Node.js raises the soft limit to the hard one. */
function startWith(descriptors: number, target: string): Run {
  const words = [ENTRY, target, '--name', 'crowded', '--ephemeral', '--json'];
  const child = spawn('bash', ['-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, process.execPath, ...words], {
    cwd: surroundings().root,
    env: { ...surroundings().env, ...envOf('alice') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Run(child);
}

it('serves others while one caller opens more connections than there are descriptors', async () => {
  await using app = await localApp();
  const run = startWith(256, app.target);
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

it('serves others while one caller has more streams open than there are descriptors', async () => {
  await using app = await localApp((request, response) => {
    if (request.url !== '/hang') response.end('here');
  });
  const run = startWith(256, app.target);
  await run.event('addresses');
  await using greedy = await sandbox().door('carol', 'crowded:443');
  await using modest = await sandbox().door('bob', 'crowded:80');
  const sessions = Array.from({ length: 4 }, () => openSession(greedy.port, { ...SECURE }));
  await Promise.all(
    sessions.map(async (session) => {
      for (let count = 0; count < 128; count++) {
        session.request({ ':path': '/hang', ':authority': 'crowded' }).on('error', () => {});
      }
      // The response to a ping comes after the requests have been read.
      await new Promise((resolve) => session.once('connect', () => session.ping(resolve)));
    }),
  );
  for (let count = 0; count < 20; count++) expect(await (await fetch(modest.url)).text()).toBe('here');
  for (const session of sessions) session.destroy();
  expect(run.events.filter(({ event }) => event === 'warning')).toEqual([]);

  // What waited has gone with its connection, and the caller is served again.
  const session = openSession(greedy.port, { ...SECURE });
  expect(await ask(session, { ':path': '/', ':authority': 'crowded' })).toMatchObject({ status: 200, text: 'here' });
  session.destroy();
  await run.stop();
});

describe('with few descriptors', () => {
  it('says so at the start, and serves as many callers as it can at a time', async () => {
    let waiting = 0;
    const responses: ServerResponse[] = [];
    await using app = await localApp((_request, response) => {
      if (waiting === 0) return response.end();
      responses.push(response);
      if (responses.length === waiting) for (const held of responses.splice(0)) held.end('here');
    });
    const run = startWith(64, app.target);
    await run.event('ready');
    const { code, message, suggestions } = await run.event('warning');
    expect({ code, message, suggestions }).toEqual({
      code: 'FEW_FILES',
      message: expect.stringMatching(
        /^This process can open only 64 files \(ulimit -n\), which is enough for \d+ connections at a time/,
      ),
      suggestions: expect.arrayContaining(['sudo prlimit --pid $$ --nofile=65536']),
    });
    waiting = Number(/enough for (\d+) connections/.exec(message)![1]);
    expect(waiting).toBeGreaterThan(4);

    const doors = await Promise.all(['alice', 'bob', 'carol'].map((who) => sandbox().door(who, 'crowded:80')));
    const get = async (index: number) => (await fetch(doors[index % doors.length]!.url)).text();
    expect(await Promise.all(Array.from({ length: waiting }, (_, index) => get(index)))).toEqual(
      Array.from({ length: waiting }, () => 'here'),
    );
    expect(run.events.filter(({ event }) => event === 'warning')).toHaveLength(1);
    await Promise.all(doors.map((door) => door.close()));
    await run.stop();
  });

  it('says what to do if it cannot even start', async () => {
    await using app = await localApp();
    for (const limit of [24, 25]) {
      const run = startWith(limit, app.target);
      expect((await run.ended).code).toBe(1);
      expect(run.events.at(-1)).toMatchObject({
        event: 'error',
        code: 'EMFILE',
        suggestions: expect.arrayContaining(['sudo prlimit --pid $$ --nofile=65536']),
      });
    }
  });
});
