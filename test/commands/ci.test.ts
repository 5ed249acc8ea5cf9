import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Issuer } from '../cli/ci/login/issuer.ts';
import { GitHubApi } from '../cli/ci/report/github-api.ts';
import { parseOutputs } from '../cli/ci/report/runner.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { children } from './children.ts';
import { ENTRY, freshSurroundings, Run, sharedApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const app = sharedApp();
let api: GitHubApi;
let issuer: Issuer;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());
beforeEach(async () => {
  api = await GitHubApi.start();
  return () => api[Symbol.asyncDispose]();
});

const file = (name: string) => join(surroundings().root, 'runner', name);
const read = (name: string) => readFileSync(file(name), 'utf8');

/** The environment of a GitHub job for pull request 123 of acme/shop. */
function runner(head = 'acme/shop'): NodeJS.ProcessEnv {
  const payload = {
    pull_request: {
      ...{ number: 123, title: 'x\n::set-output name=url::https://evil.example' },
      head: { ref: 'feature/`x`\n$(id)', sha: 'abcdef0123456789', repo: { full_name: head } },
      base: { repo: { full_name: 'acme/shop' } },
    },
  };
  mkdirSync(file('.'), { recursive: true });
  writeFileSync(file('event.json'), JSON.stringify(payload));
  for (const name of ['output', 'summary']) writeFileSync(file(name), '');
  writeFileSync(join(surroundings().root, 'work/package.json'), '{ "name": "@acme/shop-web" }');
  return {
    ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/shop', GITHUB_REF: 'refs/pull/123/merge' },
    ...{ GITHUB_RUN_ID: '99', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'preview', GITHUB_EVENT_NAME: 'pull_request' },
    ...{ GITHUB_EVENT_PATH: file('event.json'), GITHUB_OUTPUT: file('output'), GITHUB_STEP_SUMMARY: file('summary') },
    ...{ GITHUB_API_URL: api.url, GITHUB_TOKEN: api.token, RUNNER_TRACKING_ID: 'github_1' },
  };
}

const NAME = 'pr-123-shop-web';
const start = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  surroundings().start(['ci', ...args], { ...runner(), ...envOf('tag:ci'), ...env });
const isReady = ({ stdout }: Run) => stdout.includes(' -> ');
const isGone = () => sandbox().admin.until(({ nodes }) => !nodes.some(({ name }) => name.startsWith(NAME)));
const commentSays = (text: string) => expect.poll(() => api.comments[0]?.body, { timeout: 10_000 }).toContain(text);

describe('a preview of a pull request', () => {
  it('is announced, opened by a reviewer, and gone when the job is canceled', async () => {
    const run = start([app().target, '--ttl', '2h', '--idle', '20m']);
    await run.until(isReady);
    const url = `https://${NAME}.sandbox.ts.net`;
    await commentSays(url);
    await expect.poll(() => api.statuses).toHaveLength(1);

    expect(parseOutputs(read('output'))).toMatchObject({ url, name: NAME, fqdn: `${NAME}.sandbox.ts.net` });
    expect(read('summary')).toMatch(/### Preview: \[https:[\s\S]*▀/);
    expect(api.comments[0]!.body).toContain('for at most 2 hours, until there is no request for 20 minutes');
    expect(api.deployments[0]).toMatchObject({ ref: 'abcdef0123456789', environment: NAME, required_contexts: [] });
    expect(api.statuses[0]).toMatchObject({ state: 'success', environment_url: url });
    const node = await sandbox().admin.node(NAME);
    expect(node).toMatchObject({ tags: ['tag:ci'], ephemeral: true });

    await using door = await sandbox().door('bob', `${NAME}:80`);
    const { headers } = (await (await fetch(door.url)).json()) as { headers: Record<string, string> };
    expect(headers['tailscale-user-login']).toBe('bob@example.com');

    const { code, stdout, stderr } = await run.stop();
    expect(code).toBe(130);
    await isGone();
    expect(api.comments).toHaveLength(1);
    expect(api.comments[0]!.body).toContain('This preview is gone');
    expect(read('summary')).toContain('This preview is gone');
    expect(api.statuses[1]).toMatchObject({ state: 'inactive', deployment: 1 });
    expect(stdout + stderr).not.toContain(api.token);
    expect(stdout).not.toContain('-check');
    expect(surroundings().leftovers()).toEqual(['work/package.json']);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('is gone after %s', async (signal) => {
    const run = start([app().target, '--https', 'off']);
    await run.until(isReady);
    await commentSays('### Preview');
    run.child.kill(signal);
    await isGone();
    await commentSays('This preview is gone');
  });

  it.each([
    ['the shell of the step', (shell: ChildProcess) => shell.kill('SIGKILL')],
    ['the process group of the step', (shell: ChildProcess) => process.kill(-shell.pid!, 'SIGKILL')],
    ['a process between the two', (shell: ChildProcess) => process.kill(children(shell.pid!)[0]!, 'SIGKILL')],
  ])('is gone after SIGKILL of %s', async (_, kill) => {
    const command = `sh -c '"$0" "$@"; true' "$0" "$@"; true`;
    const shell = spawn('sh', ['-c', command, process.execPath, ENTRY, 'ci', app().target, '--https', 'off'], {
      cwd: join(surroundings().root, 'work'),
      env: { ...surroundings().env, ...runner(), ...envOf('tag:ci') },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const run = new Run(shell);
    await run.until(isReady);
    await commentSays('### Preview');
    kill(shell);
    await isGone();
    await commentSays('This preview is gone');
  });

  it('starts the app, which gets no token, and waits for it', async () => {
    const source = `setTimeout(() => require('http').createServer((_, r) => r.end(JSON.stringify(process.env))).listen(0), 500)`;
    const login = { ...issuer.env, TS_CLIENT_ID: 'kClient' };
    const run = start(['--https', 'off', '--', process.execPath, '-e', source], { ...login, DATABASE_URL: 'x' });
    await run.until(isReady);
    expect(run.stderr).toMatch(/waiting for .* to listen on a port/);
    await using door = await sandbox().door('bob', `${NAME}:80`);
    const env = (await (await fetch(door.url)).json()) as NodeJS.ProcessEnv;
    expect(env.DATABASE_URL).toBe('x');
    const names = ['GITHUB_TOKEN', 'TS_AUTHKEY', 'TS_CLIENT_ID', ...Object.keys(issuer.env), 'TSEXPOSE_CI_SUPERVISED'];
    expect(Object.keys(env).filter((name) => names.includes(name))).toEqual([]);
    await run.stop();
    expect(surroundings().leftovers()).toEqual(['work/package.json']);
  });

  it('ends by itself after its time, and says so', async () => {
    const run = start([app().target, '--https', 'off', '--ttl', '1s']);
    const { code, stderr } = await run.ended;
    expect(stderr).toContain('closed: it has been up for 1 second (--ttl)');
    expect(code).toBe(0);
    await commentSays('it has been up for 1 second');
  });

  it('is up without permission to comment, with a warning that names the permission', async () => {
    api.denied = /^issues/;
    const run = start([app().target, '--https', 'off']);
    await run.until(({ stderr }) => stderr.includes('try: Let the job comment'));
    expect(run.stderr).toContain('GitHub responded with 403 Resource not accessible by integration.');
    expect(run.stderr).toContain('pull-requests: write');
    await expect.poll(() => api.statuses).toHaveLength(1);
    expect((await run.stop()).code).toBe(130);
  });

  it('keeps its certificate between runs', async () => {
    const cache = file('certificates');
    const issued = async () =>
      (await sandbox().admin.state()).acme.issued.filter((name) => name === `${NAME}.sandbox.ts.net`).length;
    const before = await issued();
    for (const _ of [1, 2]) {
      const run = start([app().target, '--cert-cache', cache]);
      await run.until(isReady);
      await run.stop();
      await isGone();
    }
    expect((await issued()) - before).toBe(1);
    expect(readFileSync(join(cache, `${NAME}.sandbox.ts.net.pem`), 'utf8')).toContain('BEGIN CERTIFICATE');
  });
});

describe('a preview that gets no certificate', () => {
  it('is announced with HTTP', async () => {
    await sandbox().admin.acme({ limit: 1000, retryAfter: 3600 });
    const run = start([app().target, '--name', 'pr-123-shop-web-plain']);
    await run.until(isReady);
    await sandbox().admin.acme({ limit: 0 });
    expect(run.stdout).toMatch(/^http:\/\/pr-123-shop-web-plain\.sandbox\.ts\.net -> /);
    await commentSays('[http://pr-123-shop-web-plain.sandbox.ts.net]');
    await run.stop();
  });
});

describe('a job that cannot have a preview', () => {
  it('for a pull request of a fork is refused, unless forks are allowed', async () => {
    const env = { ...runner('mallory/shop'), ...envOf('tag:ci') };
    const { code, stderr } = await surroundings().run(['ci', app().target], env);
    expect(stderr).toMatch(/^error: Pull request 123 comes from mallory\/shop/m);
    expect(code).toBe(1);
    const run = surroundings().start(['ci', app().target, '--allow-forks', '--https', 'off'], env);
    await run.until(isReady);
    await run.stop();
  });

  it('without credentials is told what to set', async () => {
    const { code, stderr } = await surroundings().run(['ci', app().target], { ...runner(), ...sandbox().env });
    expect(stderr).toContain('nothing to log in to the tailnet with');
    expect(stderr).toContain('--client-id');
    expect(code).toBe(3);
  });

  it('without an app is told so in time', async () => {
    const { code, stderr } = await start(['127.0.0.1:1', '--timeout', '1s']).ended;
    expect(stderr).toContain('waiting for http://127.0.0.1:1\n');
    expect(stderr).toContain('error: Nothing listens on http://127.0.0.1:1 after 1 s.');
    expect(code).toBe(1);
  });

  it('with a key for one use is told that the check needs another use', async () => {
    const key = await sandbox().admin.newAuthKey({ tags: ['tag:ci'], ephemeral: true });
    const { code, stderr } = await start([app().target, '--https', 'off'], { TS_AUTHKEY: key }).ended;
    expect(stderr).toContain('reusable');
    expect(stderr).toContain('--no-check');
    expect(code).toBe(1);
    await isGone();
  });

  it('whose tailnet keeps the second node out is told so', async () => {
    await sandbox().admin.deny([{ src: 'tag:ci', dst: 'tag:ci' }]);
    const run = start([app().target, '--https', 'off', '--timeout', '3s']);
    const { code, stdout, stderr } = await run.ended;
    await sandbox().admin.deny([]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/error: A second node, tag:ci, could not open http:\S+ no response\./);
    expect(code).toBe(1);
    expect(api.comments).toEqual([]);
  });

  it('has all problems of the command line at once', async () => {
    const { code, stderr } = await start(['--ttl', 'soon', '--idle', '-1', '--allow', 'alcie']).ended;
    for (const text of ['soon', '--idle', 'alcie', 'No target']) expect(stderr).toContain(text);
    expect(code).toBe(2);
  });
});
