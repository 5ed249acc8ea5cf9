import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TLV } from '../../src/tailnet/net/proxy-header.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { readProxyHeader } from '../proxy/tcp/proxy-header.ts';
import { join, readAll } from '../tailnet/pair.ts';
import { useFronts } from './rig.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a TCP service', () => {
  const front = useFronts();
  let bob: Tailnet;
  beforeAll(async () => {
    bob = await join('bob', 'client');
  });
  afterAll(() => bob.close({ timeout: 0 }));
  const dial = (port: number, host = 'app') => bob.dial({ host, port, allowHalfOpen: true });

  it('has the port and the address of its own', async () => {
    const port = await front.tcpService((socket) => socket.end('hello'));
    const exposure = await front.expose(`tcp://localhost:${port}`);
    expect(exposure.urls).toEqual([`tcp://${exposure.fqdn}:${port}`]);
    expect(String(await readAll(await dial(port)))).toBe('hello');
    expect(front.events).toContainEqual(
      expect.objectContaining({
        event: 'connection',
        port,
        caller: expect.objectContaining({ who: 'bob@example.com' }),
      }),
    );
  });

  it('gets 64 MB as they were sent, and sends 64 MB back as they were', async () => {
    const port = await front.tcpService((socket) => socket.pipe(socket));
    await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'] });
    const socket = await dial(7);
    const bytes = randomBytes(64 * 1024 * 1024);
    const echoed = readAll(socket);
    socket.end(bytes);
    expect(sha256(await echoed)).toBe(sha256(bytes));
  }, 60_000);

  it('may go on sending when the caller has ended, and the other way round', async () => {
    const port = await front.tcpService(async (socket) => {
      const asked = await readAll(socket);
      if (String(asked) === 'last') return socket.end('and the answer');
      return socket.end(`${asked} heard`);
    });
    await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'] });
    const first = await dial(7);
    first.end('last');
    expect(String(await readAll(first))).toBe('and the answer');

    let heard: Promise<Buffer> | undefined;
    const early = await front.tcpService((socket) => {
      heard = readAll(socket);
      socket.end('service is done');
      return heard;
    });
    await front.expose(`tcp://127.0.0.1:${early}`, { name: 'early', ports: ['7'] });
    const second = await dial(7, 'early');
    expect(String(await readAll(second))).toBe('service is done');
    second.end('but I am not');
    expect(String(await heard)).toBe('but I am not');
  });

  it('hears nothing of a caller who may not come in', async () => {
    let connections = 0;
    const port = await front.tcpService((socket) => {
      connections++;
      socket.end('hello');
    });
    await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'], allow: ['alice@example.com'] });
    connections = 0; // the probe at the start was one
    expect(String(await readAll(await dial(7)))).toBe('');
    expect(connections).toBe(0);
    expect(front.events).toContainEqual(expect.objectContaining({ event: 'warning', code: 'REFUSED' }));
  });

  it('loses a caller who may not come in any more, inside TLS as well', async () => {
    const capability = 'example.com/cap/blocked';
    const port = await front.tcpService((socket) => socket.write('hello'));
    const deny = [`cap:${capability}`];
    await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'], deny });
    await front.expose(`tcp://127.0.0.1:${port}`, { name: 'inside', ports: ['6380'], tlsTerminatedTcp: true, deny });
    const plain = await dial(7);
    const secure = await front.tlsSocket('bob', { target: 'inside:6380', servername: 'inside.sandbox.ts.net' });
    await Promise.all([once(plain, 'data'), once(secure, 'data')]);
    const ended = [once(plain.resume(), 'end'), once(secure.resume(), 'end')];
    await front.sandbox().admin.grant({ src: 'bob', dst: '*', capability, values: [true] });
    front.ends.push(() => front.sandbox().admin.revoke({ capability }));
    await Promise.all(ended);
    plain.destroy();
  });

  it('hears nothing inside TLS either of a caller who may not come in', async () => {
    let connections = 0;
    const port = await front.tcpService((socket) => {
      connections++;
      socket.end('hello');
    });
    const options = { ports: ['6380'], tlsTerminatedTcp: true, allow: ['alice@example.com'] };
    await front.expose(`tcp://127.0.0.1:${port}`, options);
    connections = 0; // the probe at the start was one
    expect(String(await readAll(await front.tlsSocket('bob', { target: 'app:6380' })))).toBe('');
    expect(connections).toBe(0);
    expect(String(await readAll(await front.tlsSocket('alice', { target: 'app:6380' })))).toBe('hello');
  });

  it('that is not there is one warning, however many call', async () => {
    await front.expose('tcp://127.0.0.1:1', { ports: ['7'] });
    for (let i = 0; i < 3; i++) expect(String(await readAll(await dial(7)))).toBe('');
    expect(front.events.filter((event) => event.event === 'warning' && event.code === 'ECONNREFUSED')).toHaveLength(1);
  });

  it.each([1, 2] as const)('is told who is calling by the PROXY protocol, version %i', async (version) => {
    const port = await front.tcpService(async (socket) => socket.end(await readAll(socket)));
    const exposure = await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'], proxyProtocol: version });
    const socket = await dial(7);
    socket.end('the first byte');
    const { header, rest } = readProxyHeader(await readAll(socket));
    expect(header).toMatchObject({
      version,
      source: { ip: bob.ips[0], port: socket.localPort },
      destination: { ip: exposure.ips[0], port: 7 },
    });
    expect(String(rest)).toBe('the first byte');
    if (version === 2) expect(header.tlvs.get(TLV.login)).toBe('bob@example.com');
  });

  it.each([
    [2, 'is cut off'],
    [undefined, 'stays'],
  ] as const)('was told of the caller by version %s, who %s when the device changes hands', async (version, what) => {
    const port = await front.tcpService((socket) => socket.pipe(socket));
    const name = `hands${version ?? ''}`;
    await front.expose(`tcp://127.0.0.1:${port}`, { name, ports: ['7'], ...(version && { proxyProtocol: version }) });
    const device = await join('bob', `device${version ?? ''}`);
    front.ends.push(() => device.close({ timeout: 0 }));
    const socket = await device.dial({ host: name, port: 7 });
    const echo = async (word: string) => {
      let text = '';
      socket.write(word);
      while (!text.endsWith(word)) text += String((await once(socket, 'data'))[0]);
    };
    await echo('hello');
    const { admin } = front.sandbox();
    await admin.changePerson('bob', { name: 'Bob Renamed' });
    front.ends.push(() => admin.changePerson('bob', { name: 'Bob Example' }));
    await echo('still here');
    await admin.setTags(device.name, ['tag:ci']);
    if (what === 'stays') await echo('as another');
    else await once(socket.resume(), 'close');
    socket.destroy();
  });

  it('may have a range of ports', async () => {
    const port = await front.tcpService((socket) => socket.end(String(socket.localPort)));
    await front.expose('', {
      ports: [`9000-9000:${port}-${port}`, `80:http://localhost:${port}`, `9001:${port}`],
      https: 'off',
    });
    expect(String(await readAll(await dial(9000)))).toBe(String(port));
    expect(String(await readAll(await dial(9001)))).toBe(String(port));
  });

  it('may be inside TLS that ends here', async () => {
    const port = await front.tcpService((socket) => socket.pipe(socket));
    const exposure = await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['6380'], tlsTerminatedTcp: true });
    expect(exposure.urls).toEqual([`tls://${exposure.fqdn}:6380`]);
    const socket = await front.tlsSocket('bob', { target: 'app:6380' });
    socket.end('ping');
    expect(String(await readAll(socket))).toBe('ping');
    // A protocol of the target's own is none of ours, and without TLS there is nothing to hear.
    const alpn = await front.tlsSocket('bob', { target: 'app:6380', alpn: ['postgresql'] });
    alpn.end('ping');
    expect(String(await readAll(alpn))).toBe('ping');
    const plain = await dial(6380);
    plain.end('ping');
    await expect(readAll(plain)).rejects.toThrow('ECONNRESET');
  });

  it('goes on inside TLS that ends here, whichever side ends first', async () => {
    const heard: string[] = [];
    const port = await front.tcpService(async (socket) => {
      socket.write('hello');
      heard.push(String(await readAll(socket)));
      socket.end('bye');
    });
    await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['6380'], tlsTerminatedTcp: true });
    const socket = await front.tlsSocket('bob', { target: 'app:6380' });
    const text = readAll(socket);
    socket.end('request');
    expect(String(await text)).toBe('hellobye');
    expect(heard.at(-1)).toBe('request');
  });

  it('keeps a transfer that is under way when the exposure closes, for as long as it is given', async () => {
    const port = await front.tcpService((socket) => {
      socket.on('data', () => socket.end('late'));
    });
    const exposure = await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'] });
    const socket = await dial(7);
    await front.event((event) => event.event === 'connection');
    const closed = exposure.close({ timeout: 5000 });
    socket.end('now');
    expect(String(await readAll(socket))).toBe('late');
    await closed;
  });

  it('is not reached from this machine through a port of ours', async () => {
    const port = await front.tcpService((socket) => socket.end('hello'));
    await front.expose(`tcp://127.0.0.1:${port}`, { ports: ['7'] });
    const socket = connect(7, '127.0.0.1');
    expect((await once(socket, 'error'))[0].code).toBe('ECONNREFUSED');
  });
});
