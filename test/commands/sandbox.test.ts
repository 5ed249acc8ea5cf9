import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { freshSurroundings, localApp } from './run.ts';

const surroundings = freshSurroundings();

describe('tsexpose sandbox', () => {
  it('prints command lines that join it', async () => {
    const sandbox = surroundings().start(['sandbox', '--door', 'bob=myapp']);
    await sandbox.until(({ stdout }) => stdout.includes('Ctrl-C to stop'));
    const line = /^ +alice@example\.com +tsexpose 3000 (--name myapp .*)$/m.exec(sandbox.stdout)?.[1];
    await using app = await localApp();
    const node = surroundings().start([app.target, ...line!.split(' '), '--json']);
    await node.event('ready');
    // Such as one about a certificate that needs the internet.
    expect(node.events.filter(({ event }) => event === 'warning')).toEqual([]);
    const door = /^ +bob@example\.com +to myapp:80 +(http:\S+)$/m.exec(sandbox.stdout)?.[1];
    const { headers } = (await (await fetch(door!)).json()) as { headers: Record<string, string> };
    expect(headers['tailscale-user-login']).toBe('bob@example.com');
    expect((await node.stop()).code).toBe(130);
    expect((await sandbox.stop()).code).toBe(130);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('prints everything a test needs on the first line of JSON', async () => {
    const sandbox = surroundings().start(['sandbox', '--json', '--door', 'ci-runner=other:8080']);
    const ready = await sandbox.event('ready');
    expect(ready).toMatchObject({
      controlUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      suffix: 'sandbox.ts.net',
      authKeys: { alice: expect.any(String), 'tag:ci': expect.any(String) },
      doors: [{ who: 'ci-runner (tag:ci)', target: 'other:8080', url: expect.stringMatching(/^http:/) }],
      env: { TS_CONTROL_URL: ready.controlUrl },
    });
    await sandbox.stop('SIGTERM');
    expect(sandbox.events.at(-1)).toEqual({ event: 'closed', reason: 'interrupted' });
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('prints an environment that a shell takes, and doors at localhost', async () => {
    const sandbox = surroundings().start(['sandbox', '--door', 'bob=myapp', '--door', 'funnel=myapp:443']);
    await sandbox.until(({ stdout }) => stdout.includes('Ctrl-C to stop'));
    const exports = sandbox.stdout.match(/^ +export .*$/gm)!.join('\n');
    const { stdout } = spawnSync('sh', ['-c', `${exports}\necho "$TS_CONTROL_URL"`], { encoding: 'utf8' });
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(sandbox.stdout).toMatch(/^ +bob@example\.com +to myapp:80 +http:\/\/localhost:\d+$/m);
    expect(sandbox.stdout).toMatch(/^ +the internet \(Funnel\) +to myapp:443 +http:\/\/localhost:\d+$/m);
    await sandbox.stop();
  });

  it('exits when its reader is gone', async () => {
    const sandbox = surroundings().start(['sandbox']);
    sandbox.child.stdout!.destroy();
    expect((await sandbox.ended).code).toBe(1);
    expect(surroundings().leftovers()).toEqual([]);
  });
});

describe('--sandbox', () => {
  it.each([
    ['3000', '--sandbox', '--auth-key', 'tskey-auth-x'],
    ['3000', '--sandbox', '--control-url=http://127.0.0.1:1'],
    ['chat', '--sandbox', '--auth-key', 'tskey-auth-x'],
  ])('refuses another tailnet: %s %s %s', async (...args) => {
    const { code, stderr } = await surroundings().run(args);
    expect(stderr).toMatch(
      /--sandbox cannot be combined with --(auth-key|control-url): its node joins the private tailnet/,
    );
    expect(code).toBe(2);
  });

  it('starts no node elsewhere because of a variable', async () => {
    await using app = await localApp();
    const env = { TS_AUTHKEY: 'tskey-auth-x', TS_CONTROL_URL: 'http://127.0.0.1:1' };
    const run = surroundings().start([app.target, '--sandbox', '--json'], env);
    expect((await run.event('ready')).fqdn).toMatch(/\.sandbox\.ts\.net$/);
    await run.stop();
  });

  it('opens a door from the internet with --funnel, which a browser can open', async () => {
    await using app = await localApp();
    const run = surroundings().start([app.target, '--sandbox', '--funnel', '--json']);
    const { doors } = (await run.event('doors')) as unknown as { doors: { who: string; url: string }[] };
    const last = doors.at(-1)!;
    expect(last).toEqual({ who: 'the internet (Funnel)', url: expect.stringMatching(/^http:\/\/localhost:\d+$/) });
    await run.event('addresses');
    const { headers } = (await (await fetch(last.url)).json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ 'tailscale-funnel-request': '?1', 'x-forwarded-proto': 'https' });
    expect(headers).not.toHaveProperty('tailscale-user-login');
    await run.stop();
  });

  it('opens doors that do TLS themselves with --https only', async () => {
    await using app = await localApp();
    const run = surroundings().start([app.target, '--sandbox', '--https', 'only', '--json']);
    const { doors } = (await run.event('doors')) as unknown as { doors: { who: string; url: string }[] };
    const bob = doors.find(({ who }) => who === 'bob@example.com')!;
    expect(bob.url).toMatch(/^http:\/\/localhost:\d+$/);
    const { headers } = (await (await fetch(bob.url)).json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ 'tailscale-user-login': 'bob@example.com', 'x-forwarded-proto': 'https' });
    await run.stop();
  });
});
