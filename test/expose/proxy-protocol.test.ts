import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GO_FLAGS } from '../../scripts/flags.mjs';
import { TLV } from '../../src/tailnet/net/proxy-header.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, readAll } from '../tailnet/pair.ts';
import { isMissing, type ProxyServerName, startProxyServer } from './proxy-servers.ts';
import { useFronts } from './rig.ts';

const VERSIONS = [1, 2] as const;

/** What a program of Go says about the bytes of a connection. */
function readWithGo(bytes: Buffer): Promise<Record<string, unknown>> {
  // The flags of the build, so that what it has compiled already is not compiled again.
  const flags = ['-buildmode=pie', ...GO_FLAGS];
  const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string) => (error ? reject(error) : resolve(JSON.parse(stdout)));
    execFile('go', ['run', ...flags, './test/expose/proxy-reader'], { env }, done).stdin!.end(bytes);
  });
}

describe('the PROXY protocol', () => {
  const front = useFronts();
  let bob: Tailnet;
  let runner: Tailnet;
  beforeAll(async () => {
    bob = await join('bob', 'client');
    runner = await join('tag:ci', 'machine');
  });
  afterAll(async () => {
    await bob.close({ timeout: 0 });
    await runner.close({ timeout: 0 });
  });

  /** Sends bytes from a node over IPv4 and then IPv6, with the addresses that the service should hear of. */
  async function* callers(node: Tailnet, port: number, version: 1 | 2, bytes: string) {
    const exposure = await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'], proxyProtocol: version });
    for (const family of [0, 1]) {
      const socket = await node.dial({ host: exposure.ips[family]!, port: 7, allowHalfOpen: true });
      socket.end(bytes);
      const source = { ip: node.ips[family]!, port: socket.localPort };
      yield { source, destination: { ip: exposure.ips[family]!, port: 7 }, answer: await readAll(socket) };
    }
  }

  for (const name of ['nginx', 'haproxy'] as ProxyServerName[]) {
    it.skipIf(isMissing(name)).each(VERSIONS)(`is understood by ${name}, version %i`, async (version) => {
      const port = await startProxyServer(name);
      for await (const { source, destination, answer } of callers(bob, port, version, 'GET / HTTP/1.0\r\n\r\n')) {
        const [, read] = String(answer).split('\r\n\r\n');
        expect(read).toBe(`${source.ip} ${source.port} ${destination.ip} ${destination.port}`);
      }
    });
  }

  it.each(VERSIONS)('is understood by Go, version %i, with who is calling in version 2', async (version) => {
    const port = await front.tcpService(async (socket) => socket.end(await readAll(socket)));
    const join = ({ ip, port }: { ip: string; port: number | undefined }) =>
      ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
    for await (const { source, destination, answer } of callers(bob, port, version, 'the first byte')) {
      expect(await readWithGo(answer)).toEqual({
        ...{ version, source: join(source), destination: join(destination), rest: 'the first byte' },
        tlvs: version === 1 ? {} : { [TLV.login]: 'bob@example.com', [TLV.device]: bob.fqdn, [TLV.kind]: 'user' },
      });
    }
  });

  it('names the tags of a tagged device, and no user', async () => {
    const port = await front.tcpService(async (socket) => socket.end(await readAll(socket)));
    for await (const { answer } of callers(runner, port, 2, '')) {
      expect(await readWithGo(answer)).toMatchObject({
        tlvs: { [TLV.device]: runner.fqdn, [TLV.tags]: 'tag:ci', [TLV.kind]: 'tagged' },
      });
    }
  });
});
