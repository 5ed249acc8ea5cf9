import { afterEach, describe, expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, type Run, sharedApp } from './run.ts';

describe('tsexpose TARGET --service', () => {
  const sandbox = sharedSandbox();
  const app = sharedApp();
  const surroundings = freshSurroundings();
  afterEach(async () => {
    const { admin } = sandbox();
    await admin.removeService('svc:web').catch(() => {});
  });
  const start = (name: string, ...args: string[]): Run => {
    const flags = ['--name', name, '--ephemeral', '--service', 'svc:web'];
    return surroundings().start([app().target, ...flags, ...args], envOf('alice'));
  };

  it('has the addresses of the Service, and releases them at the end', async () => {
    const { ips } = await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:web'] });
    const run = start('host', '--tag', 'tag:web', '--json');
    expect(await run.event('ready')).toEqual({
      event: 'ready',
      name: 'host',
      fqdn: 'web.sandbox.ts.net',
      urls: ['http://web.sandbox.ts.net', 'http://web'],
      ips,
      target: `http://${app().target}`,
      service: 'svc:web',
    });
    await using door = await sandbox().door('bob', 'web:80');
    const { headers } = (await (await fetch(door.url)).json()) as { headers: Record<string, string> };
    expect(headers['tailscale-user-login']).toBe('bob@example.com');
    expect((await run.stop()).code).toBe(130);
    await sandbox().admin.until(({ services }) => services[0]?.hosts.length === 0);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('says that it waits for approval, and continues by itself', async () => {
    await sandbox().admin.defineService('svc:web');
    const run = start('host', '--tag', 'tag:web');
    const words =
      'waiting for admin approval: approve this host of svc:web at https://login.tailscale.com/admin/services';
    await run.until(({ stderr }) => stderr.includes(`${words}\n`));
    await sandbox().admin.approveHost('svc:web', 'host');
    await run.until(({ stdout }) => stdout.startsWith('http://web.sandbox.ts.net -> '));
    await run.stop();
  });

  it('can be stopped while it waits', async () => {
    const run = start('host', '--tag', 'tag:web', '--json', '--timeout', '0');
    await run.until(({ events }) => events.some(({ state }) => state === 'needs-approval'));
    const { code } = await run.stop();
    expect(code).toBe(130);
    expect(run.events.at(-1)).toEqual({ event: 'closed', reason: 'interrupted' });
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('exits with code 3 if it is not approved in time', async () => {
    const { code, stderr } = await start('host', '--tag', 'tag:web', '--timeout', '2s').ended;
    expect(code).toBe(3);
    expect(stderr).toContain('error: The node waited 2 s to be approved as a host of svc:web.');
    expect(stderr).toContain('try: Approve this host of svc:web at https://login.tailscale.com/admin/services (define');
  });

  it('leaves its callers to the other hosts even if it is killed, and is not a host at its next start', async () => {
    await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:web'] });
    const kept = [app().target, '--name', 'killed', '--json'];
    const killed = surroundings().start([...kept, '--service', 'svc:web', '--tag', 'tag:web'], envOf('alice'));
    await killed.event('ready');
    const other = start('other', '--tag', 'tag:web', '--json');
    await other.event('ready');
    await using first = await sandbox().door('bob', 'web:80');
    await (await fetch(first.url)).text();
    expect((await killed.event('request')).status).toBe(200);

    await killed.stop('SIGKILL');
    await sandbox().admin.until(
      ({ services }) => !!services[0]?.hosts.some(({ node, serving }) => node === 'other' && serving),
    );
    await using second = await sandbox().door('bob', 'web:80');
    await (await fetch(second.url)).text();
    expect((await other.event('request')).status).toBe(200);
    await other.stop();

    const again = surroundings().start(kept, envOf('alice'));
    await again.event('ready');
    await sandbox().admin.until(({ services }) => services[0]?.hosts.length === 0);
    await again.stop();
  });

  it('is refused for a node without tags', async () => {
    const { code, stderr } = await start('host').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('error: Only tagged nodes can host Services, and this node belongs to a user.');
    expect(stderr).toContain('try: Add --tag tag:web');
  });

  it('is refused for an invalid name', async () => {
    const { code, stderr } = await surroundings().run([app().target, '--service', 'web']);
    expect(code).toBe(2);
    expect(stderr).toContain('error: Expected a Service name such as svc:web, got "web".\n  try: --service svc:web');
  });

  it('works in a sandbox, without approval', async () => {
    const run = surroundings().start([
      ...[app().target, '--name', 'host', '--sandbox', '--json'],
      ...['--service', 'svc:web', '--tag', 'tag:web'],
    ]);
    const { doors } = await run.event('doors');
    const { headers } = (await (await fetch(doors[1].url)).json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({
      'tailscale-user-login': 'bob@example.com',
      'x-forwarded-host': expect.any(String),
    });
    expect((await run.event('ready')).service).toBe('svc:web');
    await run.stop();
  });
});
