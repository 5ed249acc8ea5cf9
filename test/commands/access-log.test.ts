import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { traceIdOf } from '../../src/proxy/request/trace.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, localApp, type Run, sharedApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const app = sharedApp();

const start = (name: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
  surroundings().start([app().target, '--name', name, '--ephemeral', '--json', ...args], { ...envOf('alice'), ...env });

const linesOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []);
const requestsOf = (run: Run) => run.events.filter(({ event }) => event === 'request');

describe('--access-log', () => {
  it('has a line for each request, and SIGHUP reopens the file', async () => {
    const path = join(surroundings().root, 'access.log');
    const run = start('logged', ['--access-log', path, '--access-log-format', 'combined']);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'logged:80');
    const ask = (url: string) => fetch(door.url + url, { headers: { 'user-agent': 'test "1"' } }).then((r) => r.text());
    await ask('/a?token=s3cret');
    await expect
      .poll(() => linesOf(path))
      .toEqual([
        expect.stringMatching(
          /^100\.\S+ - bob@\S+ \[.+\] "GET \/a\?token=\*\*\* HTTP\/1\.1" 200 \d+ "-" "test \\"1\\""$/,
        ),
      ]);
    renameSync(path, `${path}.1`);
    run.child.kill('SIGHUP');
    await expect.poll(() => existsSync(path)).toBe(true);
    await ask('/b');
    await expect.poll(() => linesOf(path)).toEqual([expect.stringContaining('"GET /b HTTP/1.1"')]);
    expect(linesOf(`${path}.1`)).toHaveLength(1);
    await ask('/last');
    expect((await run.stop('SIGTERM')).code).toBe(130);
    expect(linesOf(path).at(-1)).toContain('"GET /last HTTP/1.1"');
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk does not stop the service', async () => {
    const run = start('fullog', ['--access-log', '/dev/full']);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'fullog:80');
    for (let i = 0; i < 3; i++) expect((await fetch(door.url)).status).toBe(200);
    expect(await run.event('warning')).toMatchObject({
      code: 'ACCESS_LOG',
      message: expect.stringContaining('ENOSPC'),
    });
    expect((await run.stop('SIGTERM')).code).toBe(130);
  });

  it('that would be of no use is an error before anything starts', async () => {
    const check = async (...args: string[]) => (await surroundings().run([...args, '--json'])).stdout;
    expect(await check('3000', '--access-log', 'none/a.log')).toContain(
      'Cannot open the access log none/a.log (ENOENT)',
    );
    expect(await check('3000', '--access-log-format', 'common')).toContain(
      '--access-log-format requires --access-log.',
    );
    expect(await check('tcp://localhost:1', '--access-log', 'a.log')).toContain(
      '--access-log requires an HTTP target.',
    );
  });
});

describe('a request event of --json', () => {
  it.each(['carried', 'off'])('says when, for which host, and with what; fast path: %s', async (mode) => {
    const run = start('events', [], { TSEXPOSE_FAST_PATH: mode });
    await run.event('ready');
    await using door = await sandbox().door('bob', 'events:80');
    const headers = { 'user-agent': 'test/1', referer: 'http://x/?k=v', host: 'events' };
    await fetch(`${door.url}/a?q=v`, { headers }).then((response) => response.text());
    const { time, id, ms, ...event } = await run.event('request');
    expect(event).toMatchObject({ path: '/a?q=***', userAgent: 'test/1', protocol: 'HTTP/1.1', status: 200 });
    expect(event).toMatchObject({ referer: 'http://x/?k=***', host: expect.stringMatching(/./) });
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(String(ms)).toMatch(/^\d+(\.\d{1,2})?$/);
    await run.stop();
  });

  it('has the query with --log-query', async () => {
    const run = start('query', ['--log-query']);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'query:80');
    await fetch(`${door.url}/a?q=v`).then((response) => response.text());
    expect(await run.event('request')).toMatchObject({ path: '/a?q=v' });
    await run.stop();
  });
});

describe('the trace context', () => {
  const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it.each([
    ['carried', false],
    ['carried', true],
    ['off', false],
    ['off', true],
  ])('of a caller is passed on, and is made only with --trace; fast path: %s, --trace: %s', async (mode, makes) => {
    const seen: unknown[] = [];
    await using echo = await localApp((request, response) => {
      seen.push([request.headers.traceparent, request.headers.tracestate]);
      response.end();
    });
    const args = [echo.target, '--name', 'traced', '--ephemeral', '--json', ...(makes ? ['--trace'] : [])];
    const run = surroundings().start(args, { ...envOf('alice'), TSEXPOSE_FAST_PATH: mode });
    await run.event('ready');
    await using door = await sandbox().door('bob', 'traced:80');
    await fetch(door.url, { headers: { traceparent: TRACEPARENT, tracestate: 'a=1' } });
    await fetch(door.url, { headers: { traceparent: '00-bad', tracestate: 'a=1' } });
    await run.until(() => requestsOf(run).length === 2);
    expect(seen[0]).toEqual([TRACEPARENT, 'a=1']);
    expect(requestsOf(run)[0]).toMatchObject({ traceId: traceIdOf(TRACEPARENT) });
    if (makes) {
      const [[made, state]] = seen.slice(1) as [[string, unknown]];
      expect({ id: traceIdOf(made), state }).toEqual({ id: requestsOf(run)[1]!.traceId, state: undefined });
      expect(traceIdOf(made)).toMatch(/^[0-9a-f]{32}$/);
    } else {
      expect(seen[1]).toEqual(['00-bad', 'a=1']);
      expect(requestsOf(run)[1]).not.toHaveProperty('traceId');
    }
    await run.stop();
  });
});

describe('--metrics', () => {
  it('serves what the control socket has, too', async () => {
    const run = start('measured', ['--metrics', '0']);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'measured:80');
    await fetch(door.url).then((response) => response.text());
    await run.until(() => requestsOf(run).length === 1);
    const [, url] = /metrics at (\S+)/.exec(run.stderr)!;
    const text = await fetch(url!).then((response) => response.text());
    expect(text).toContain('tsexpose_requests_total{status="2xx",caller="user"} 1\n');
    expect(text).toContain(`tsexpose_target_up{target="http://${app().target}"} 1\n`);
    expect(text).toContain('tsexpose_node_running 1\n');
    await run.stop();
  });
});
