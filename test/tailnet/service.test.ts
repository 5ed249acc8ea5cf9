import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { nativeCounts } from '../../src/native/runtime.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { openPorts } from './open-ports.ts';
import { join, readAll, useSandbox } from './pair.ts';

describe('a node as a host of a Service', () => {
  const sandbox = useSandbox();
  const nodes: Tailnet[] = [];
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close({ timeout: 0 })));
    await sandbox()
      .admin.removeService('svc:web')
      .catch(() => {});
  });
  const node = async (who: string, name: string) => {
    const joined = await join(who, name);
    nodes.push(joined);
    return joined;
  };
  const serving = (name: string) =>
    sandbox().admin.until(({ services }) =>
      services.some(({ hosts }) => hosts.some(({ node, serving }) => node === name && serving)),
    );
  const hello = async (client: Tailnet, host = 'web.sandbox.ts.net', port = 80) =>
    String(await readAll(await client.dial({ host, port })));

  it('knows who is calling, as on a port of its own', async () => {
    const { ips } = await sandbox().admin.defineService('svc:web', { ports: [80], autoApprove: ['tag:ci'] });
    const host = await node('tag:ci', 'host');
    const server = await host.listen(80, { service: 'svc:web' });
    server.on('connection', (socket) => socket.end(JSON.stringify(socket.identity)));
    await serving('host');
    for (const [who, expected] of [
      ['alice', { kind: 'user', login: 'alice@example.com', name: 'Alice Example' }],
      ['bob', { kind: 'user', login: 'bob@example.com' }],
      ['tag:ci', { kind: 'tagged', login: '', node: { tags: ['tag:ci'] } }],
    ] as const) {
      const client = await node(who, `${who.replace(':', '-')}-client`);
      const identity = JSON.parse(await hello(client));
      expect(identity).toMatchObject({ ...expected, ip: client.ips[0] });
      expect(identity.node.name).toBe(client.name);
      expect(JSON.parse(await hello(client, 'web'))).toMatchObject(expected);
      expect(JSON.parse(await hello(client, ips[1]))).toMatchObject({ ...expected, ip: client.ips[1] });
    }
    expect(server.address()).toMatchObject({ address: ips[0], port: 80 });
  });

  it('has the address of the Service at its end, and the capabilities that are granted there', async () => {
    const { ips } = await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:ci'] });
    const grant = { src: 'bob', capability: 'example.com/cap/app' };
    await sandbox().admin.grant({ ...grant, dst: 'svc:web', values: ['of the service'] });
    await sandbox().admin.grant({ ...grant, dst: 'host', values: ['of the node'] });
    const host = await node('tag:ci', 'host');
    const server = await host.listen(80, { service: 'svc:web' });
    const own = await host.listen(81);
    await serving('host');
    const bob = await node('bob', 'client');
    for (const [listener, name, port, ip, value] of [
      [server, 'web', 80, ips[0], 'of the service'],
      [own, 'host', 81, host.ips[0], 'of the node'],
    ] as const) {
      const accepted = once(listener, 'connection');
      const socket = await bob.dial({ host: name, port });
      const [connection] = await accepted;
      expect(connection.localAddress).toBe(ip);
      expect(connection.identity.capabilities).toMatchObject({ 'example.com/cap/app': [value] });
      socket.destroy();
      connection.destroy();
    }
    await sandbox().admin.revoke(grant);
  });

  it('waits for an admin, and goes on by itself', async () => {
    await sandbox().admin.defineService('svc:web', { ports: [80] });
    const host = await node('tag:ci', 'host');
    const web = await host.hostService('svc:web', { ports: [80] });
    expect(web).toMatchObject({ name: 'web', fqdn: 'web.sandbox.ts.net', known: true, approved: false, ips: [] });
    const server = await host.listen(80, { service: 'svc:web' });
    server.on('connection', (socket) => socket.end('hello'));
    await expect(web.approval({ signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort/i);
    await sandbox().admin.approveHost('svc:web', 'host');
    await web.approval();
    expect(web.ips).toHaveLength(2);
    expect(await hello(await node('alice', 'client'))).toBe('hello');

    const changed = once(web, 'change');
    await sandbox().admin.approveHost('svc:web', 'host', false);
    await changed;
    expect(web.approved).toBe(false);
  });

  it('hears whether the Service is defined, and which ports it lacks', async () => {
    const host = await node('tag:ci', 'host');
    const web = await host.hostService('svc:web', { ports: [80] });
    expect(web).toMatchObject({ known: false, missingPorts: [] });
    const defined = once(web, 'change');
    await sandbox().admin.defineService('svc:web', { ports: [80, 443], autoApprove: ['*'] });
    await defined;
    expect(web).toMatchObject({ known: true, missingPorts: [443], approved: false });
    await host.hostService('svc:web', { ports: [443] });
    await web.approval();
    expect(web.missingPorts).toEqual([]);
  });

  it('gives up waiting when the node closes', async () => {
    const host = await node('tag:ci', 'host');
    const waiting = (await host.hostService('svc:web', { ports: [80] })).approval();
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' }),
      host.close({ timeout: 0 }),
    ]);
  });

  it('has to be tagged', async () => {
    const host = await node('alice', 'host');
    for (const attempt of [() => host.hostService('svc:web'), () => host.listen(80, { service: 'svc:web' })]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'ERR_TSEXPOSE_SERVICE',
        message: 'Only tagged nodes can host Services, and this node belongs to a user.',
        suggestions: [expect.stringContaining('--tag tag:web')],
      });
    }
    expect(nativeCounts().listeners).toBe(0);
  });

  it.each(['web', 'svc:', 'svc:Web', 'svc:-web', 'svc:a.b', 'svc:a b'])('is refused the name %j', async (name) => {
    const host = await node('tag:ci', 'host');
    const error = { code: 'ERR_TSEXPOSE_INVALID_OPTION', suggestions: [expect.stringMatching(/^--service svc:\w/)] };
    await expect(host.hostService(name)).rejects.toMatchObject(error);
    await expect(host.listen(80, { service: name })).rejects.toMatchObject(error);
  });

  it.each([[[0]], [[65536]], [[1.5]], [['80']], ['80']])('is refused the ports %j', async (ports) => {
    const host = await node('tag:ci', 'host');
    await expect(host.hostService('svc:web', { ports: ports as number[] })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_INVALID_OPTION',
    });
    await expect(host.listen(0, { service: 'svc:web' })).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_INVALID_OPTION' });
  });

  it('keeps its own ports and those of the Service apart', async () => {
    await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:ci'] });
    const host = await node('tag:ci', 'host');
    const service = await host.listen(80, { service: 'svc:web' });
    const own = await host.listen(80);
    service.on('connection', (socket) => socket.end('service'));
    own.on('connection', (socket) => socket.end('own'));
    await expect(host.listen(80, { service: 'svc:web' })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await serving('host');
    const bob = await node('bob', 'client');
    expect([await hello(bob), await hello(bob, 'host')]).toEqual(['service', 'own']);
    await own.close();
    await expect(hello(bob, 'host')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await hello(bob)).toBe('service');
  });

  it('refuses callers on an offered port while nothing is listening there', async () => {
    await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:ci'] });
    const host = await node('tag:ci', 'host');
    await host.hostService('svc:web', { ports: [80] });
    await serving('host');
    await expect(hello(await node('bob', 'client'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('gets no more callers once it stops listening', async () => {
    await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:ci'] });
    const host = await node('tag:ci', 'host');
    const server = await host.listen(80, { service: 'svc:web' });
    await serving('host');
    await server.close();
    const { services } = await sandbox().admin.until(({ services }) => !services[0]?.hosts[0]?.active);
    expect(services[0]?.hosts).toEqual([{ node: 'host', approved: true, active: false, serving: false }]);
    await host.listen(80, { service: 'svc:web' });
    await serving('host');
  });

  it('leaves its callers to the other host', async () => {
    await sandbox().admin.defineService('svc:web', { ports: [80], autoApprove: ['tag:ci'] });
    const hosts = [await node('tag:ci', 'first'), await node('tag:ci', 'second')];
    for (const host of hosts) {
      const server = await host.listen(80, { service: 'svc:web' });
      server.on('connection', (socket) => socket.end(host.name));
    }
    await serving('first');
    const bob = await node('bob', 'client');
    expect(await hello(bob)).toBe('first');
    await hosts[0]!.close();
    await serving('second');
    await expect.poll(() => hello(bob).catch(() => ''), { timeout: 5000 }).toBe('second');
  });

  it.skipIf(process.platform !== 'linux')(
    'opens no port on this machine, where a caller could claim an identity',
    async () => {
      await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:ci'] });
      const host = await node('tag:ci', 'host');
      const before = await openPorts();
      await host.listen(80, { service: 'svc:web' });
      await host.forward(81, { target: '127.0.0.1:1', service: 'svc:web', onConnection: (c) => c.destroy() });
      await serving('host');
      expect(await openPorts()).toEqual(before);
    },
  );

  it('cannot dial the Service itself, and does not dial its address elsewhere', async () => {
    const { ips } = await sandbox().admin.defineService('svc:web', { autoApprove: ['tag:ci'] });
    const host = await node('tag:ci', 'host');
    await host.listen(80, { service: 'svc:web' });
    await serving('host');
    await expect(host.dial({ host: ips[0]!, port: 80 })).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });
});
