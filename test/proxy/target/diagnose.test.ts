import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProxyWarning } from '../../../src/proxy/proxy.ts';
import { funnelCaller, stranger } from '../../identity/callers.ts';
import { exchangeRaw, startApp, startProxy, startRawApp } from '../rig.ts';

async function startTlsApp(): Promise<number> {
  const pem = (name: string) => readFileSync(new URL(`../fixtures/localhost.${name}`, import.meta.url));
  const server = createTlsServer({ key: pem('key'), cert: pem('crt') }, (request, response) => {
    response.end(`${request.headers.host} ${(request.socket as { servername?: string }).servername}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const browser = { headers: { accept: 'text/html,application/xhtml+xml;q=0.9' } };

describe('an app that does not respond', () => {
  it('gets an HTML page for browsers and plain text for programs, with no external resources', async () => {
    const { url } = await startProxy(1);
    const page = await fetch(`${url}/x?<script>`, browser);
    expect(page.status).toBe(502);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+';/);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('retry-after')).toBe('3');
    expect(page.headers.get('proxy-status')).toBe('tsexpose; error=connection_refused');
    const html = await page.text();
    expect(html).toContain('Nothing is listening on localhost:1.');
    expect(html).toContain('<meta http-equiv="refresh" content="3">');
    expect(html).not.toMatch(/<script|src=|href=/);
    const text = await fetch(url);
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    // What to do about it is for the person who runs it, not for callers.
    expect(await text.text()).toBe(
      '502 The app is not responding\n\nNothing is listening on localhost:1.\n\ntsexpose\n',
    );
  });

  it('keeps the caller’s connection open, and has no body for HEAD', async () => {
    const { port } = await startProxy(1);
    const answer = await exchangeRaw(
      port,
      'HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 502/g)).toHaveLength(2);
    expect(answer.match(/502 The app/g)).toHaveLength(1);
  });

  it('is not described to callers outside the tailnet', async () => {
    for (const caller of [stranger, funnelCaller]) {
      const { url } = await startProxy(1, { caller });
      expect(await (await fetch(url)).text()).not.toContain('localhost:1');
    }
  });

  it('is reported once, and again after it has responded', async () => {
    const { port, server } = await startApp((_, response) => response.end());
    const stop = () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    };
    const warnings: unknown[] = [];
    const { url } = await startProxy(port, { onWarning: (warning) => warnings.push(warning) });
    await stop();
    for (let i = 0; i < 3; i++) await fetch(url);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await fetch(url);
    await stop();
    await fetch(url);
    const warning = {
      code: 'ECONNREFUSED',
      message: `Nothing is listening on localhost:${port}.`,
      suggestions: expect.any(Array),
    };
    expect(warnings).toEqual([warning, warning]);
  });

  it('is a 504 after a timeout', async () => {
    const app = await startRawApp((socket) => socket.resume());
    const { url } = await startProxy(app, { timeouts: { response: 100 } });
    const answer = await fetch(url, browser);
    expect(answer.status).toBe(504);
    expect(answer.headers.get('proxy-status')).toBe('tsexpose; error=http_response_timeout');
    expect(await answer.text()).toContain('accepted the request but did not respond in time');
  });

  it.each([
    ['closes at once', '', 'closed the connection without a response', 'https+insecure://localhost'],
    [
      'speaks something else',
      'SSH-2.0-OpenSSH_9.6\r\n',
      'did not respond with valid HTTP/1.1',
      'https+insecure://localhost',
    ],
    ['speaks TLS', '\x15\x03\x01\x00\x02\x02\x46', 'did not respond with valid HTTP/1.1', 'https+insecure://localhost'],
    ['answers 100 to no question', 'HTTP/1.1 100 Continue\r\n\r\n', 'without a response', ''],
    [
      'answers twice the length',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'did not respond with valid HTTP/1.1',
      '',
    ],
    [
      'answers with huge headers',
      `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(1_100_000)}\r\n\r\n`,
      'more than 1 MiB of headers',
      '',
    ],
  ])('is a 502 with an explanation if it %s, and a warning with what to do', async (_, bytes, message, suggestion) => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')));
    });
    const warnings: ProxyWarning[] = [];
    const { url } = await startProxy(app, { onWarning: (warning) => warnings.push(warning) });
    const answer = await fetch(url);
    expect(answer.status).toBe(502);
    const text = await answer.text();
    expect(text).toContain(message);
    expect(text).not.toContain('https+insecure');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.suggestions.join('\n')).toContain(suggestion);
  });
});

describe('an app with TLS', () => {
  it('is reached with https+insecure whatever its certificate, by its own name', async () => {
    const port = await startTlsApp();
    const { url } = await startProxy(`https+insecure://localhost:${port}`);
    const requests = Array.from({ length: 3 }, (_, i) => fetch(url, { headers: { 'x-i': String(i) } }));
    for (const answer of await Promise.all(requests))
      expect(await answer.text()).toBe(`${new URL(url).host} localhost`);
    const byAddress = await startProxy(`https+insecure://127.0.0.1:${port}`);
    expect(await (await fetch(byAddress.url)).text()).toBe(`${new URL(byAddress.url).host} false`);
  });

  it('is checked with https, and the warning suggests https+insecure', async () => {
    const port = await startTlsApp();
    const suggestions: string[] = [];
    const onWarning = (warning: ProxyWarning) => suggestions.push(...warning.suggestions);
    const { url } = await startProxy(`https://localhost:${port}`, { onWarning });
    const text = await (await fetch(url)).text();
    expect(text).toContain('is self-signed, and Node.js does not trust it (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(suggestions.join()).toContain(`tsexpose https+insecure://localhost:${port}`);
    expect(text).not.toContain('https+insecure');
  });

  it('is a page that says so if it has no TLS', async () => {
    const { port } = await startApp((_, response) => response.end());
    const suggestions: string[] = [];
    const onWarning = (warning: ProxyWarning) => suggestions.push(...warning.suggestions);
    const { url } = await startProxy(`https+insecure://localhost:${port}`, { onWarning });
    const text = await (await fetch(url)).text();
    expect(text).toContain(`The TLS handshake with localhost:${port} failed`);
    expect(suggestions.join()).toContain(`tsexpose http://localhost:${port}`);
  });
});

describe('an app on a unix socket', () => {
  it('is reached, gets the caller’s Host, and is named if it is missing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tsexpose-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'app.sock');
    const { url } = await startProxy(`unix:${path}`);
    expect(await (await fetch(url)).text()).toContain(`Nothing is listening on ${path}.`);
    const server = createServer((request, response) => response.end(request.headers.host));
    await once(server.listen(path), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    expect(await (await fetch(url)).text()).toBe(new URL(url).host);
  });
});
