import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { nativeCounts } from '../../src/native/runtime.ts';
import { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from './pair.ts';

describe('a tailnet node', () => {
  const sandbox = useSandbox();
  const scratch = mkdtempSync(path.join(tmpdir(), 'tsexpose-test-'));
  const nodes: Tailnet[] = [];
  const make = (options: object = {}) => {
    const { controlUrl } = sandbox();
    const node = new Tailnet({
      hostname: 'node',
      controlUrl,
      authKey: sandbox().authKey('alice'),
      ephemeral: true,
      ...options,
    });
    nodes.push(node);
    return node;
  };
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close({ timeout: 0 })));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  it('can be closed before it starts, and twice', async () => {
    const node = make();
    await Promise.all([node.close(), node.close()]);
    await node.close();
    await expect(node.up()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
    await expect(node.status()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
  });

  it('can be closed at any moment of its start', async () => {
    for (let i = 0; i < 40; i++) {
      const node = make({ hostname: `early-${i}` });
      const up = node.up().then(
        () => 'up',
        (error) => error.code,
      );
      if (i % 4 > 0) await new Promise((resolve) => setTimeout(resolve, i));
      await node.close();
      expect(['up', 'ERR_TSEXPOSE_NODE_CLOSED']).toContain(await up);
    }
    expect(nativeCounts().nodes).toBe(0);
  });

  it('gives its name back when it was ephemeral and is closed', async () => {
    const first = await join('alice', 'ephemeral');
    expect(first.name).toBe('ephemeral');
    await first.close();
    expect(await sandbox().admin.node('ephemeral')).toBeUndefined();
    const second = await join('bob', 'ephemeral');
    expect(second.name).toBe('ephemeral');
    await second.close();
  });

  it('has another name when its own is taken', async () => {
    const first = await join('alice', 'taken');
    const second = await join('bob', 'taken');
    expect(second.name).toBe('taken-1');
    expect(second.hostname).toBe('taken');
    await Promise.all([first.close(), second.close()]);
  });

  it('is the same node at the next start with the same state directory', async () => {
    const stateDir = path.join(scratch, 'again');
    const first = await join('alice', 'again', { stateDir, ephemeral: false });
    const { ips } = first;
    await first.close();
    const second = await join('alice', 'again', { stateDir, ephemeral: false, authKey: undefined });
    expect(second.ips).toEqual(ips);
    expect(second.name).toBe('again');
    await second.close();
  });

  it('refuses a state directory that a live node uses', async () => {
    const stateDir = path.join(scratch, 'shared');
    const first = await join('alice', 'shared', { stateDir });
    await expect(make({ stateDir }).up()).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_STATE_IN_USE',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    await first.close();
  });

  it('refuses a state directory that is none', async () => {
    const file = path.join(scratch, 'file');
    writeFileSync(file, '');
    await expect(make({ stateDir: file }).up()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_STATE_DIR' });
  });

  it('refuses a state directory that it may not write', async () => {
    const readOnly = path.join(scratch, 'read-only');
    mkdirSync(readOnly, { mode: 0o500 });
    // Permissions do not stop root, but even root cannot create files among the kernel's.
    const stateDir = process.getuid?.() === 0 ? '/dev/fd' : readOnly;
    await expect(make({ stateDir }).up()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_STATE_DIR' });
  });

  it('refuses damaged state and leaves it as it is', async () => {
    const stateDir = path.join(scratch, 'damaged');
    mkdirSync(stateDir);
    writeFileSync(path.join(stateDir, 'tailscaled.state'), '{"half');
    await expect(make({ stateDir }).up()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_STATE_DIR' });
  });

  it('keeps its keys in memory where it was given no directory, and leaves nothing', async () => {
    const before = readdirSync(tmpdir());
    const node = await join('alice', 'stateless', { ephemeral: false });
    // Other processes have such directories too.
    const [directory] = readdirSync(tmpdir())
      .filter((name) => !before.includes(name))
      .map((name) => path.join(tmpdir(), name))
      .filter((candidate) => readLock(candidate) === `${process.pid}\n`);
    expect(readdirSync(directory!)).not.toContain('tailscaled.state');
    await node.close();
    expect(existsSync(directory!)).toBe(false);
  });

  it('says that its auth key was refused', async () => {
    await expect(make({ authKey: 'tskey-auth-nobody' }).up({ timeout: 10_000 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_AUTH_KEY',
      message: expect.not.stringContaining('nobody'),
    });
  });

  it('reports the login URL, and comes up after the login', async () => {
    const node = make({ authKey: undefined, hostname: 'login' });
    const login = once(node, 'login');
    const up = node.up();
    const [url] = await login;
    expect(node.state).toBe('needs-login');
    await sandbox().admin.completeLogin(url, 'bob');
    await up;
    expect((await node.status()).user?.login).toBe('bob@example.com');
  });

  it('fails right away if it must not wait for a login', async () => {
    const node = make({ authKey: undefined });
    await expect(node.up({ login: 'fail' })).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_LOGIN_NEEDED' });
  });

  it('waits for approval, and comes up when it is approved', async () => {
    await sandbox().admin.requireApproval();
    const node = make({ hostname: 'approval' });
    const waiting = new Promise<void>((resolve) =>
      node.on('state', (state) => state === 'needs-approval' && resolve()),
    );
    const up = node.up();
    await waiting;
    await expect(node.up({ timeout: 50 })).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_APPROVAL_NEEDED' });
    await sandbox().admin.approve('approval');
    await up;
    await sandbox().admin.requireApproval(false);
  });

  it('stops waiting when its signal fires', async () => {
    const controller = new AbortController();
    const node = make({ authKey: undefined });
    node.once('login', () => controller.abort());
    const began = Date.now();
    await expect(node.up({ signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
      code: 'ABORT_ERR',
    });
    expect(Date.now() - began).toBeLessThan(5000);
  });

  it('names the control server that it cannot reach', async () => {
    const node = make({ controlUrl: 'http://127.0.0.1:9' });
    await expect(node.up({ timeout: 2000 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_TIMEOUT',
      message: expect.stringContaining('127.0.0.1:9'),
    });
  });

  it('names the control server whose name does not resolve, and does not ask others for it', async () => {
    const lines: string[] = [];
    const node = make({ controlUrl: 'http://control.invalid', log: (line: string) => lines.push(line) });
    const health = once(node, 'health');
    await expect(node.up({ timeout: 1500 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_TIMEOUT',
      message: expect.stringMatching(
        /within 1\.5 s: The name of the control server, control\.invalid, does not resolve \(E/,
      ),
    });
    expect(await health).toEqual([[expect.stringContaining('control.invalid')]]);
    expect(lines.filter((line) => line.includes('bootstrapDNS'))).toEqual([]);
    const up = make({ controlUrl: 'http://control.invalid' });
    const waiting = up.up({ timeout: 0 });
    await up.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
  });

  it('recognizes a captive portal in place of the control server', async () => {
    const portal = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end('<html><body>Welcome to the hotel</body></html>');
    }).listen(0, '127.0.0.1');
    await once(portal, 'listening');
    const { port } = portal.address() as AddressInfo;
    await expect(make({ controlUrl: `http://127.0.0.1:${port}` }).up({ timeout: 2000 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_TIMEOUT',
      message: expect.stringContaining('captive portal'),
    });
    portal.close();
  });

  it('logs in again by itself when its key expires and it has an auth key', async () => {
    const node = make({ hostname: 'expiring' });
    await node.up();
    const expired = new Promise<void>((resolve) => node.on('state', (state) => state === 'needs-login' && resolve()));
    await sandbox().admin.expire('expiring');
    await expired;
    await expect.poll(() => node.state).toBe('running');
  });

  it.each([
    ['was used up', false, async () => {}],
    ['was revoked', true, (key: string) => sandbox().admin.revokeAuthKey(key)],
  ])('asks for a login when its key expires and its auth key %s', async (why, reusable, spoil) => {
    const hostname = `expiring-${why.replaceAll(' ', '-')}`;
    const authKey = await sandbox().admin.newAuthKey({ person: 'alice', reusable });
    const node = make({ hostname, authKey });
    await node.up();
    await spoil(authKey);
    const login = once(node, 'login');
    const states: unknown[] = [];
    node.on('state', (...state) => states.push(state));
    await sandbox().admin.expire(hostname);
    const [url] = await login;
    expect((await node.status()).loginUrl).toBe(url);
    expect(states).toContainEqual(['needs-login', expect.stringContaining('did not accept the auth key')]);
    expect(JSON.stringify(states)).not.toContain(authKey);
    await sandbox().admin.completeLogin(url, 'alice');
    await expect.poll(() => node.state, { timeout: 10_000 }).toBe('running');
    expect((await node.status()).loginUrl).toBeUndefined();
    const other = await join('bob', 'caller');
    await node.listen(7);
    (await other.dial({ host: node.ips[0]!, port: 7 })).destroy();
    await other.close();
  });

  it('waits as long as the control server asks that limits registrations', async () => {
    await sandbox().admin.rateLimit(1, 2);
    const node = make({ hostname: 'limited' });
    const began = Date.now();
    await node.up();
    expect(Date.now() - began).toBeGreaterThan(1900);
  });

  it('has an error for a limit that outlasts its timeout, which does not blame the key', async () => {
    await sandbox().admin.rateLimit(1, 60);
    await expect(make({ hostname: 'limited-longer' }).up({ timeout: 1500 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_RATE_LIMIT',
      message: expect.stringMatching(/^The node could not join the tailnet within 1\.5 s: .*rate limited/),
    });
    await sandbox().admin.rateLimit(0);
  });

  it('does not blame its auth key for tags that it may not have', async () => {
    const authKey = await sandbox().admin.newAuthKey({ tags: ['tag:ci'] });
    await expect(make({ authKey, tags: ['tag:other'] }).up({ timeout: 10_000 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_CONTROL',
      message: expect.stringContaining('tag:other'),
    });
  });

  it('asks for a login when its key expires and it has no auth key', async () => {
    const node = make({ hostname: 'expiring-too', authKey: undefined });
    node.on('login', (url) => sandbox().admin.completeLogin(url, 'alice'));
    await node.up();
    const again = once(node, 'login');
    await sandbox().admin.expire('expiring-too');
    await again;
    expect(node.state).toBe('needs-login');
  });
});

/** Which process uses a state directory; empty where it is none. */
function readLock(directory: string): string {
  try {
    return readFileSync(path.join(directory, 'tsexpose.lock'), 'utf8');
  } catch {
    return '';
  }
}
