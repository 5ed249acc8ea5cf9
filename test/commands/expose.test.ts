import { describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, type Run, sharedApp } from './run.ts';

const sandbox = sharedSandbox();
const app = sharedApp();
const surroundings = freshSurroundings();

function start(name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Run {
  const flags = ['--name', name, '--ephemeral'];
  return surroundings().start([app().target, ...flags, ...args], { ...envOf('alice'), ...env });
}

describe('tsexpose TARGET --json', () => {
  it('prints the ready event, and only events', async () => {
    const run = start('ready', ['--json']);
    const node = { name: 'ready', fqdn: 'ready.sandbox.ts.net', target: `http://${app().target}` };
    expect(await run.event('ready')).toEqual({
      event: 'ready',
      ...node,
      urls: ['http://ready.sandbox.ts.net', 'http://ready'],
      ips: [expect.stringMatching(/^100\./), expect.stringMatching(/^fd7a:/)],
    });
    // HTTPS follows when its certificate is there.
    expect(await run.event('addresses')).toEqual({
      event: 'addresses',
      urls: ['https://ready.sandbox.ts.net', 'http://ready.sandbox.ts.net', 'http://ready'],
    });
    const { stdout } = await run.stop();
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
  });

  it('reports the caller, and tells the app', async () => {
    const run = start('told', ['--json']);
    await run.event('ready');
    await using door = await sandbox().door('bob', 'told:80');
    const response = await fetch(`${door.url}/a?b=c`, { headers: { 'tailscale-user-login': 'mallory@example.com' } });
    const { headers, url } = (await response.json()) as { url: string; headers: Record<string, string> };
    expect(url).toBe('/a?b=c');
    expect(headers['tailscale-user-login']).toBe('bob@example.com');
    expect(await run.event('request')).toMatchObject({
      method: 'GET',
      path: '/a?b=***', // the value may be a secret
      status: 200,
      caller: { kind: 'user', who: 'bob@example.com' },
    });
    expect((await run.stop()).code).toBe(130);
  });

  it('applies the flags for access and headers', async () => {
    const run = start('strict', ['--json', '--allow', 'tag:ci', '--device-headers']);
    await run.event('ready');
    await using bob = await sandbox().door('bob', 'strict:80');
    expect((await fetch(bob.url)).status).toBe(403);
    await using ci = await sandbox().door('ci-runner', 'strict:80');
    const { headers } = (await (await fetch(ci.url)).json()) as { headers: Record<string, string> };
    expect(headers['tailscale-node-tags']).toBe('tag:ci');
    await run.stop();
  });
});

describe('tsexpose TARGET', () => {
  it('prints the address on the first line of standard output, then one line per request', async () => {
    const run = start('plain');
    await run.until(({ stdout }) => stdout.includes('\n'));
    expect(run.stdout).toMatch(/^http:\/\/plain\.sandbox\.ts\.net -> http:\/\/127\.0\.0\.1:\d+\n/);
    await run.until(({ stderr }) =>
      stderr.includes('\nnow at https://plain.sandbox.ts.net, http://plain.sandbox.ts.net'),
    );
    await using door = await sandbox().door('alice', 'plain:80');
    await (await fetch(`${door.url}/x`)).text();
    await run.until(({ stdout }) => /^\d\d:\d\d:\d\d alice@example\.com GET \/x 200 \d+ ms$/m.test(stdout));
    const { stderr } = await run.stop();
    expect(stderr).toContain('closed: interrupted');
  });

  it('prints the log of the node only with --verbose', async () => {
    const quiet = start('quiet', ['--json']);
    const verbose = start('verbose', ['--json', '--verbose']);
    await Promise.all([quiet.event('ready'), verbose.event('ready')]);
    const [{ stderr: few }, { stderr: many }] = await Promise.all([quiet.stop(), verbose.stop()]);
    expect(few).toBe('');
    expect(many.split('\n').length).toBeGreaterThan(10);
  });

  it('takes its flags from the environment', async () => {
    const run = surroundings().start([app().target], {
      ...envOf('bob'),
      TSEXPOSE_NAME: 'from-env',
      TSEXPOSE_EPHEMERAL: '1',
      TSEXPOSE_JSON: '1',
    });
    expect(await run.event('ready')).toMatchObject({ name: 'from-env' });
    expect((await sandbox().admin.node('from-env'))?.login).toBe('bob@example.com');
    await run.stop();
  });

  it('warns if the tailnet assigns another name, and with --require-name exits with code 4', async () => {
    const first = start('taken', ['--json']);
    await first.event('ready');
    const second = start('taken', ['--json']);
    expect(await second.event('ready')).toMatchObject({ name: 'taken-1' });
    expect(second.events.find(({ code }) => code === 'NAME_TAKEN')).toBeDefined();
    await second.stop();
    const { code, stderr } = await start('taken', ['--require-name']).ended;
    expect(code).toBe(4);
    expect(stderr).toContain('error: Another device is named taken, so the tailnet named this one taken-');
    await first.stop();
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('keeps its name across restarts if it keeps its state', async () => {
    const args = [app().target, '--name', 'kept', '--json', '--control-url', sandbox().controlUrl];
    const key = { TS_AUTHKEY: sandbox().authKey('alice') };
    const first = surroundings().start(args, key);
    const { ips } = await first.event('ready');
    await first.stop();
    const again = surroundings().start(args);
    expect(await again.event('ready')).toMatchObject({ name: 'kept', ips });
    await again.stop();
  });
});

describe('tsexpose TARGET --sandbox', () => {
  it('needs no account, and opens a door for every caller', async () => {
    const run = surroundings().start([app().target, '--name', 'own', '--sandbox', '--json']);
    const { doors } = await run.event('doors');
    expect(doors.map(({ who }: { who: string }) => who)).toEqual([
      'alice@example.com',
      'bob@example.com',
      'carol@example.com',
      'ci-runner (tag:ci)',
    ]);
    const { headers } = (await (await fetch(doors[1].url)).json()) as { headers: Record<string, string> };
    expect(headers['tailscale-user-login']).toBe('bob@example.com');
    const { code } = await run.stop();
    expect(code).toBe(130);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it.each([
    ['tcp', (port: number) => [`tcp://127.0.0.1:${port}`]],
    ['http', (port: number) => [`127.0.0.1:${port}`, '--port', '8080']],
    // The door does the TLS.
    ['http', (port: number) => [`127.0.0.1:${port}`, '--https', 'only']],
  ])('opens doors to the right port, for %s', async (scheme, args) => {
    const run = surroundings().start([...args(app().port), '--name', 'own', '--sandbox', '--json']);
    const { doors } = await run.event('doors');
    const url = new URL(doors[0].url);
    expect(url.protocol).toBe(`${scheme}:`);
    expect((await fetch(`http://${url.host}`)).status).toBe(200);
    await run.stop();
  });
});
