import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

describe('tailnet.createSecureServer', () => {
  const sandbox = useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  async function handshake(port: number, ALPNProtocols?: string[], host = 'server'): Promise<tls.TLSSocket> {
    const socket = bob.connect({ host, port });
    const secure = tls.connect({ socket, servername: alice.fqdn, ca: sandbox().ca, ALPNProtocols });
    await once(secure, 'secureConnect');
    return secure;
  }

  it('is an https.Server with the certificate of the node, whose requests know their caller', async () => {
    const server = alice.createSecureServer((req, res) => {
      res.end(`${req.tailscale?.login} ${req.socket.remoteAddress} ${req.socket.remoteFamily} ${req.socket.localPort}`);
    });
    expect(server).toBeInstanceOf(https.Server);
    await once(server.listen(443), 'listening');
    for (const [family, ip] of Object.entries({ IPv4: 0, IPv6: 1 })) {
      const secure = await handshake(443, undefined, alice.ips[ip]);
      expect(secure.remoteAddress).toBe(alice.ips[ip]);
      expect(secure.getPeerCertificate().subjectaltname).toBe(`DNS:${alice.fqdn}`);
      secure.write('GET / HTTP/1.0\r\n\r\n');
      expect(`${await readAll(secure)}`).toContain(`bob@example.com ${bob.ips[ip]} ${family} 443`);
    }
    await new Promise((resolve) => server.close(resolve));
  });

  it('is an http2 server when asked for, which serves HTTP/1.1 beside it', async () => {
    const server = alice.createSecureServer({ http2: true }, (req, res) => {
      res.end(`${req.httpVersion} ${req.tailscale?.login} ${req.socket.remoteAddress}`);
    });
    await once(server.listen(444), 'listening');
    const secure = await handshake(444, ['h2']);
    const session = http2.connect(`https://${alice.fqdn}`, { createConnection: () => secure });
    const stream = session.request({ ':path': '/' });
    expect(`${await readAll(stream)}`).toBe(`2.0 bob@example.com ${bob.ips[0]}`);
    const one = await handshake(444, ['http/1.1']);
    one.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(`${await readAll(one)}`).toContain(`1.1 bob@example.com ${bob.ips[0]}`);
    // An open session ends with the server.
    await new Promise((resolve) => server.close(resolve));
    expect(session.closed).toBe(true);
  });

  it('follows the identity of a connection under TLS', async () => {
    const server = alice.createSecureServer((req, res) => res.end(`${req.tailscale?.name}`));
    await once(server.listen(445), 'listening');
    const agent = bob.secureAgent({ ca: sandbox().ca, maxSockets: 1 });
    const name = async () => {
      const request = https.get(`https://${alice.fqdn}:445/`, { agent });
      return `${await readAll((await once(request, 'response'))[0])}`;
    };
    const secureConnection = once(server, 'secureConnection');
    expect(await name()).toBe('Bob Example');
    const [socket] = await secureConnection;
    const changed = once(socket, 'identity');
    await sandbox().admin.changePerson('bob', { name: 'Robert Example' });
    expect((await changed)[0].name).toBe('Robert Example');
    expect(await name()).toBe('Robert Example');
    await sandbox().admin.changePerson('bob', { name: 'Bob Example' });
    agent.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('uses a certificate that it is given', async () => {
    const { cert, key } = await alice.certificate();
    const server = alice.createSecureServer({ cert, key }, (_, res) => res.end('mine'));
    await once(server.listen(446), 'listening');
    (await handshake(446)).destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('survives a connection that is reset under TLS', async () => {
    const server = alice.createSecureServer((_, res) => res.end('alive'));
    await once(server.listen(447), 'listening');
    // What a tailnet socket does when the peer's reset arrives, without a listener for its errors.
    server.once('connection', (raw) => raw.destroy(new Error('read ECONNRESET')));
    const victim = await bob.dial({ host: 'server', port: 447 });
    victim.on('error', () => {}).resume();
    await once(victim, 'close');
    (await handshake(447)).destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('closes with its node where it waits for its certificate', async () => {
    const node = await join('alice', 'short-lived');
    const servers = Array.from({ length: 5 }, (_, port) => node.createSecureServer().listen(8000 + port));
    const closed = servers.map((server) => once(server, 'close')); // which rejects at an 'error'
    await node.status(); // as they do before they ask for one
    await node.close({ timeout: 0 });
    await Promise.all(closed);
  });

  it('reports a certificate that it cannot get as an error of the server', async () => {
    const node = await join('alice', 'uncertain');
    await sandbox().admin.settings({ https: false });
    await expect.poll(async () => (await node.status()).certDomains).toEqual([]);
    const server = node.createSecureServer().listen(443);
    const [error] = await once(server, 'error');
    expect(error).toMatchObject({ code: 'ERR_TSEXPOSE_CERTIFICATE' });
    expect(error.suggestions[0]).toContain('/admin/dns');
    expect(server.listening).toBe(false);
    await sandbox().admin.settings({ https: true });
    await node.close({ timeout: 0 });
  });
});
