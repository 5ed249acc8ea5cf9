import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProxyWarning } from '../../../src/proxy/proxy.ts';
import { whyUnreachable } from '../../../src/proxy/target/probe.ts';
import { parseTarget } from '../../../src/proxy/target/target.ts';
import { type TargetTlsOptions, trustTargets } from '../../../src/proxy/target/tls.ts';
import { startProxy, startRawApp } from '../rig.ts';
import { testPair } from '../test-certificate.ts';
import { serveLegacyTls } from './legacy-tls.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

async function startApp(certificate = 'localhost.crt'): Promise<number> {
  const options = { key: readFileSync(fixture('localhost.key')), cert: readFileSync(fixture(certificate)) };
  const server = createServer(options, (request, response) => {
    response.end(String((request.socket as { servername?: string | false }).servername));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function ask(url: string, options: TargetTlsOptions) {
  const target = parseTarget(url);
  trustTargets([target], options);
  const warnings: ProxyWarning[] = [];
  const { url: proxy } = await startProxy(target, { onWarning: (warning) => warnings.push(warning) });
  const response = await fetch(proxy);
  return { status: response.status, text: await response.text(), warnings };
}

describe('the certificate of a target', () => {
  it('may be issued by the user’s own authority, given as a file or as PEM', async () => {
    const url = `https://localhost:${await startApp()}`;
    const targetCa = fixture('localhost.crt');
    expect(await ask(url, { targetCa })).toMatchObject({ status: 200, text: 'localhost' });
    expect(await ask(url, { targetCa: readFileSync(targetCa, 'utf8') })).toMatchObject({ status: 200 });
  });

  it('may be for another name, which is then asked for', async () => {
    const url = `https://127.0.0.1:${await startApp()}`;
    const options = { targetCa: fixture('localhost.crt'), targetServername: 'localhost' };
    expect(await ask(url, options)).toMatchObject({ status: 200, text: 'localhost' });
  });

  it('is refused if it comes from another authority, with suggestions in a warning', async () => {
    const port = await startApp();
    const message = `The certificate of localhost:${port} is self-signed, and Node.js does not trust it (DEPTH_ZERO_SELF_SIGNED_CERT).`;
    const { status, text, warnings } = await ask(`https://localhost:${port}`, {});
    expect(status).toBe(502);
    expect(text).toContain(message);
    expect(text).not.toContain('--target-ca');
    expect(warnings).toEqual([
      {
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
        message,
        suggestions: [expect.stringContaining('--target-ca FILE'), expect.stringContaining('https+insecure://')],
      },
    ]);
    const other = await ask(`https://localhost:${port}`, { targetCa: testPair.cert });
    expect(other.status).toBe(502);
    expect(other.text).toContain('is self-signed, and it was not issued by an authority in --target-ca');
  });

  it('is checked before the first caller comes', async () => {
    const port = await startApp();
    const target = parseTarget(`https://localhost:${port}`);
    expect(await whyUnreachable(target)).toEqual({
      message: expect.stringContaining('is self-signed, and Node.js does not trust it'),
      suggestions: [expect.stringContaining('--target-ca FILE'), expect.anything()],
    });
    trustTargets([target], { targetCa: fixture('localhost.crt') });
    expect(await whyUnreachable(target)).toBeUndefined();
    expect(await whyUnreachable(parseTarget(`https+insecure://localhost:${port}`))).toBeUndefined();
    expect(await whyUnreachable(parseTarget('https://localhost:1'))).toMatchObject({
      message: 'Nothing is listening on https://localhost:1 yet (ECONNREFUSED).',
    });
  });

  it('may come from a device without RFC 5746 if any certificate is accepted', async () => {
    const pair = {
      cert: new X509Certificate(readFileSync(fixture('localhost.crt'))).raw,
      key: readFileSync(fixture('localhost.key'), 'utf8'),
    };
    const response = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nold';
    const port = await startRawApp((socket) => serveLegacyTls(socket, pair, response));
    expect(await ask(`https+insecure://localhost:${port}`, {})).toMatchObject({ status: 200, text: 'old' });
    expect(await whyUnreachable(parseTarget(`https+insecure://localhost:${port}`))).toBeUndefined();
    const checked = await ask(`https://localhost:${port}`, { targetCa: fixture('localhost.crt') });
    expect(checked.status).toBe(502);
    expect(checked.warnings[0]?.suggestions.join()).toContain('https+insecure://');
  });

  it('is refused for another name, with the name that would work', async () => {
    const port = await startApp();
    const { status, text, warnings } = await ask(`https://127.0.0.1:${port}`, { targetCa: fixture('localhost.crt') });
    expect(status).toBe(502);
    expect(text).toContain(`The certificate of 127.0.0.1:${port} is for localhost; expected 127.0.0.1.`);
    expect(warnings[0]?.suggestions).toContain(`tsexpose https://127.0.0.1:${port} --target-servername localhost`);
  });

  it('is refused if it has expired', async () => {
    const port = await startApp('expired.crt');
    const { status, text } = await ask(`https://localhost:${port}`, { targetCa: fixture('expired.crt') });
    expect(status).toBe(502);
    expect(text).toContain(`The certificate of localhost:${port} has expired.`);
  });
});

describe('--target-ca', () => {
  const target = () => parseTarget('https://localhost:1');
  const file = (content: string) => {
    const directory = mkdtempSync(join(tmpdir(), 'target-ca-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'ca.pem');
    writeFileSync(path, content);
    return path;
  };

  it.each([
    ['a file that is not there', '/nonexistent/ca.pem', /cannot be read \(ENOENT\)/, 'ls -l /nonexistent/ca.pem'],
    ['a file without a certificate', () => file(testPair.key), /got none in /, 'openssl x509 -in '],
    [
      'a damaged certificate',
      () => file(`${testPair.cert}\n${testPair.cert.replace(/MIIB/, 'AAAA')}`),
      /number 2 in .* cannot be read/,
      'openssl x509 -in ',
    ],
  ])('refuses %s', (_, path, message, cure) => {
    const targetCa = typeof path === 'string' ? path : path();
    expect(() => trustTargets([target()], { targetCa })).toThrow(
      expect.objectContaining({
        code: 'ERR_TSEXPOSE_INVALID_OPTION',
        message: expect.stringMatching(message),
        suggestions: [expect.stringContaining(cure), ...(cure.startsWith('ls') ? [] : [expect.anything()])],
      }),
    );
  });

  it('is for targets whose certificate is checked', () => {
    for (const url of ['http://localhost:1', 'https+insecure://localhost:1', 'tcp://localhost:1']) {
      expect(() => trustTargets([parseTarget(url)], { targetCa: testPair.cert })).toThrow(
        `Expected an https:// target for --target-ca, got ${url}.`,
      );
    }
    expect(() => trustTargets([target()], { targetServername: '10.0.0.1' })).toThrow(/Expected a host name/);
  });
});
