import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2, { type Http2SecureServer } from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { whyUnreachable } from '../../../src/proxy/target/probe.ts';
import { parseTarget } from '../../../src/proxy/target/target.ts';
import { startApp, startRawApp } from '../rig.ts';
import { echoHeaders, startH2App } from '../upstream/h2-server.ts';

const read = (name: string) => readFileSync(new URL(`../fixtures/localhost.${name}`, import.meta.url));
const pair = { key: read('key'), cert: read('crt') };

async function listening(server: Server | Http2SecureServer): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const probe = (url: string) => whyUnreachable(parseTarget(url));
const nothing = () => {};

describe('the probe of a target', () => {
  it('is content with every server that responds, and sends no request to the app', async () => {
    const { port, server } = await startApp(() => expect.unreachable());
    expect(await probe(`${port}`)).toBeUndefined();
    server.on('clientError', (_, socket) => socket.destroy());
    expect(await probe(`http://127.0.0.1:${port}/app`)).toBeUndefined();
  });

  it('is content with servers that are not Node.js', async () => {
    const python = spawn('python3', ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1']);
    onTestFinished(() => void python.kill());
    let log = '';
    python.stderr.on('data', (chunk) => {
      log += chunk;
    });
    const [banner] = await once(python.stdout, 'data');
    const port = / port (\d+) /.exec(String(banner))![1];
    expect(await probe(`http://127.0.0.1:${port}`)).toBeUndefined();
    await expect.poll(() => log).toContain('400');
    expect(log).not.toContain('200');
  });

  it('is content with HTTP/2 and with gRPC, which speaks nothing else', async () => {
    const { port } = await startH2App(echoHeaders);
    expect(await probe(`h2c://127.0.0.1:${port}`)).toBeUndefined();
    expect(await probe(`http://127.0.0.1:${port}`)).toBeUndefined();
    const secure = await listening(http2.createSecureServer(pair));
    expect(await probe(`https+insecure://127.0.0.1:${secure}`)).toBeUndefined();
  });

  it('never speaks to a TCP target', async () => {
    const port = await startRawApp((socket) => socket.on('data', () => expect.unreachable()));
    expect(await probe(`tcp://127.0.0.1:${port}`)).toBeUndefined();
  });

  it('finds a TLS port behind http:// and h2c://, whatever it responds', async () => {
    const polite = tls.createServer(pair, nothing);
    const ports = [await listening(https.createServer(pair)), await listening(polite)];
    // As Go's and nginx's servers do.
    const helpful = await startRawApp((socket) => {
      socket.once('data', (chunk) => {
        if (chunk[0] !== 22) {
          socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
          return;
        }
        socket.pause().unshift(chunk);
        new tls.TLSSocket(socket, { isServer: true, ...pair }).on('error', nothing);
      });
    });
    for (const port of [...ports, helpful]) {
      for (const scheme of ['http', 'h2c']) {
        expect(await probe(`${scheme}://127.0.0.1:${port}`)).toEqual({
          message: `127.0.0.1:${port} expects TLS, and ${scheme}:// has none.`,
          suggestions: [`tsexpose https+insecure://127.0.0.1:${port}`],
        });
      }
    }
  });

  it('finds a target that accepts connections and never responds', async () => {
    const mute = await startRawApp((socket) => socket.resume());
    const secret = await listening(tls.createServer(pair, (socket) => void socket.resume()));
    const targets = [`http://127.0.0.1:${mute}`, `h2c://127.0.0.1:${mute}`, `https+insecure://127.0.0.1:${secret}`];
    const problems = await Promise.all(targets.map(probe));
    expect(problems).toEqual(
      targets.map((url) => ({
        message: `${url} accepts connections, but did not respond within 2 seconds.`,
        suggestions: [expect.stringContaining('restart')],
      })),
    );
    expect(await probe(`https://127.0.0.1:${mute}`)).toMatchObject({
      message: expect.stringContaining('TLS handshake'),
    });
  });

  it('finds what is not HTTP, or has no TLS', async () => {
    const ssh = await startRawApp((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await probe(`${ssh}`)).toMatchObject({
      message: `localhost:${ssh} did not respond with valid HTTP/1.1.`,
    });
    const { port } = await startApp((_, response) => response.end());
    expect(await probe(`h2c://localhost:${port}`)).toMatchObject({
      message: `localhost:${port} does not speak HTTP/2 without TLS (h2c).`,
      suggestions: [`If it speaks HTTP/1.1: tsexpose http://localhost:${port}`],
    });
    expect(await probe(`https://localhost:${port}`)).toMatchObject({
      suggestions: [`If it speaks plain HTTP: tsexpose http://localhost:${port}`],
    });
  });
});
