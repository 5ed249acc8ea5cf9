import { describe, expect, it } from 'vitest';
import { HostPass } from '../../../src/proxy/request/host.ts';
import { OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { parseTarget } from '../../../src/proxy/target/target.ts';
import { exchangeRaw, type RigOptions, startApp, startProxy } from '../rig.ts';

const OWN = ['https://myapp.tail1234.ts.net', 'http://myapp', 'http://100.64.0.1'];
/** Lets every host in, so that what happens to a foreign one can be seen. */
const own = new OwnHosts(['*'], { origins: OWN });

/** What the app sees of `Host`, `Origin` and `X-Forwarded-Host`. */
async function seen(options: RigOptions, host: string, origin?: string) {
  const { port } = await startApp(({ headers }, response) => {
    response.end(JSON.stringify([headers.host, headers.origin, headers['x-forwarded-host']]));
  });
  const proxy = await startProxy(port, options);
  const field = origin === undefined ? '' : `Origin: ${origin}\r\n`;
  const answer = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: ${host}\r\n${field}Connection: close\r\n\r\n`);
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')).replaceAll(`:${port}`, ':PORT'));
}

describe('--host-header preserve', () => {
  it('keeps Host and Origin', async () => {
    const origin = 'http://myapp';
    expect(await seen({ own }, 'myapp', origin)).toEqual(['myapp', origin, 'myapp']);
  });
});

describe('--host-header rewrite', () => {
  const options = { hostHeader: 'rewrite', own };

  it.each([
    'myapp',
    'MyApp',
    'myapp.tail1234.ts.net',
    'myapp:8080',
    '100.64.0.1',
    '127.0.0.1:1234',
    '[fd7a::1]',
    'localhost:1',
  ])('sends the app its own host for %s', async (host) => {
    expect(await seen(options, host)).toEqual(['localhost:PORT', null, host]);
  });

  it('leaves a foreign host to the app, which refuses it against DNS rebinding', async () => {
    expect(await seen(options, 'evil.example', 'http://evil.example')).toEqual([
      'evil.example',
      'http://evil.example',
      'evil.example',
    ]);
  });

  it('rewrites Origin only if it is our own', async () => {
    for (const origin of OWN) expect((await seen(options, 'myapp', origin))[1]).toBe('http://localhost:PORT');
    for (const origin of [
      'null',
      'http://evil.example',
      'https://myapp',
      'http://myapp.evil.example',
      'http://myapp:81',
    ]) {
      expect((await seen(options, 'myapp', origin))[1]).toBe(origin);
    }
  });

  it('leaves every name alone if ours are not known', async () => {
    expect(await seen({ hostHeader: 'rewrite' }, 'x', 'http://x')).toEqual(['x', 'http://x', 'x']);
  });

  it('accepts new own hosts later', () => {
    const hosts = new OwnHosts([], { origins: ['https://myapp.tail1234.ts.net'] });
    const pass = new HostPass('rewrite', parseTarget('3000'), hosts);
    expect(pass.host('myapp', '')).toBe('myapp');
    hosts.update({ origins: OWN });
    expect(pass.host('myapp', '')).toBe('localhost:3000');
  });
});

describe('--host-header VALUE', () => {
  it('is sent as it is, also in Origin', async () => {
    const options = { hostHeader: 'app.example.com', own };
    expect(await seen(options, 'myapp', 'http://myapp')).toEqual([
      'app.example.com',
      'http://app.example.com',
      'myapp',
    ]);
  });

  it.each(['', 'a b', 'a/b', 'a\r\nX: 1', 'http://a', 'a:b'])('is not a host: %j', (value) => {
    expect(() => new HostPass(value, parseTarget('3000'), own)).toThrowError(
      expect.objectContaining({ code: 'ERR_TSEXPOSE_INVALID_OPTION' }),
    );
  });
});

describe('an HTTP/1.0 request without Host', () => {
  it('gets the Host of the target', async () => {
    const { port } = await startApp(({ headers }, response) =>
      response.end(`${headers.host} ${headers['x-forwarded-host']}`),
    );
    const proxy = await startProxy(port);
    expect(await exchangeRaw(proxy.port, 'GET / HTTP/1.0\r\n\r\n')).toContain(`localhost:${port} undefined`);
  });
});

describe('a target with a path', () => {
  it('prepends it to every path, and no path leads out of it', async () => {
    const { port } = await startApp((request, response) => response.end(request.url));
    const { url, port: door } = await startProxy(`http://localhost:${port}/app/`);
    expect(await (await fetch(`${url}/x?y=../z`)).text()).toBe('/app/x?y=../z');
    expect(await (await fetch(url)).text()).toBe('/app/');
    for (const path of [
      '/../x',
      '/a/%2e%2E/x',
      '/..',
      '/a/..%2fx',
      '/a%2f..%5cx',
      '/a/.%2e\\x',
      '/..;/x',
      '/a/%252e%252e/x',
    ]) {
      const answer = await exchangeRaw(door, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(await (await fetch(`${url}/...x/a..b`)).text()).toBe('/app/...x/a..b');
    const answer = await exchangeRaw(door, 'GET /debs/./x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toContain('\r\n\r\n/app/debs/./x');
  });
});
