import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/access/gate.ts';
import { HostPass } from '../../../src/proxy/request/host.ts';
import { OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { prepareRequest, type UpstreamRequest } from '../../../src/proxy/request/passes.ts';
import { parseTarget } from '../../../src/proxy/target/target.ts';
import { exchangeRaw, type RigOptions, startApp, startProxy } from '../rig.ts';

const OWN = ['https://myapp.tail1234.ts.net', 'http://myapp', 'http://100.64.0.1'];
/** Lets every host in, so that what happens to a foreign one can be seen. */
const own = new OwnHosts(['*'], { origins: OWN });

/** What the app sees of `Host`, `Origin` and `X-Forwarded-Host`, and of `Referer` if there is one. */
async function seen(options: RigOptions, host: string, origin?: string, referer?: string) {
  const { port } = await startApp(({ headers }, response) => {
    const sent = [headers.host, headers.origin, headers['x-forwarded-host']];
    response.end(JSON.stringify(headers.referer === undefined ? sent : [...sent, headers.referer]));
  });
  const proxy = await startProxy(port, options);
  const field =
    (origin === undefined ? '' : `Origin: ${origin}\r\n`) + (referer === undefined ? '' : `Referer: ${referer}\r\n`);
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
    expect(await seen(options, host)).toEqual(['localhost:PORT', null, 'localhost:PORT']);
  });

  it.each(['myapp', 'MyApp.tail1234.ts.net:8080', '100.64.0.1', '127.0.0.1:1234', '[fd7a::1]:81', 'myapp.localhost:1'])(
    'takes the Origin and the Referer of a page at %s for the app’s own',
    async (host) => {
      const local = 'http://localhost:PORT';
      expect(await seen(options, host, `http://${host.toLowerCase()}`, `http://${host}/a?b#c`)).toEqual([
        'localhost:PORT',
        local,
        'localhost:PORT',
        `${local}/a?b#c`,
      ]);
    },
  );

  it('maps nothing of a request for a foreign host, and no foreign Referer', async () => {
    const foreign = ['evil.example', OWN[0], 'evil.example', `${OWN[0]}/x`];
    expect(await seen(options, 'evil.example', OWN[0], `${OWN[0]}/x`)).toEqual(foreign);
    expect((await seen(options, 'myapp', undefined, 'http://evil.example/x')).at(-1)).toBe('http://evil.example/x');
    expect((await seen(options, 'localhost:1', 'http://localhost:2'))[1]).toBe('http://localhost:2');
  });

  it('maps the path of a Referer as that of the request', async () => {
    const base = new HostPass('rewrite', parseTarget('http://localhost:3000/base'), own);
    const context = { target: parseTarget('http://localhost:3000/base'), gate: new Gate(), host: base, secure: true };
    const referer = (from: string, prefix: string) => {
      const rawHeaders = ['Host', 'myapp', 'Referer', from];
      const head = { method: 'GET', target: `${prefix}/x`, httpVersion: '1.1', rawHeaders };
      const request = prepareRequest(head, '', [], { ...context, mount: { prefix, shared: true } }) as UpstreamRequest;
      return request.headers[request.headers.indexOf('Referer') + 1];
    };
    expect(referer('https://myapp/a', '')).toBe('http://localhost:3000/base/a');
    expect(referer('https://myapp/api/a', '/api')).toBe('http://localhost:3000/base/a');
    expect(referer('https://myapp/other', '/api')).toBe('http://localhost:3000/');
  });

  it('tells the app of HTTPS only if the app speaks it, as in the Origin', async () => {
    const forwarded = (target: string) => {
      const host = new HostPass('rewrite', parseTarget(target), own);
      const rawHeaders = ['Host', 'myapp', 'Origin', 'https://myapp'];
      const head = { method: 'GET', target: '/', httpVersion: '1.1', rawHeaders };
      const context = { target: parseTarget(target), gate: new Gate(), host, secure: true };
      return (prepareRequest(head, '', [], context) as UpstreamRequest).headers;
    };
    expect(forwarded('3000')).not.toContain('X-Forwarded-Proto');
    expect(forwarded('3000')).toContain('http://localhost:3000');
    expect(forwarded('https://localhost:3000')).toEqual(
      expect.arrayContaining(['X-Forwarded-Proto', 'https', 'https://localhost:3000']),
    );
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
    expect(pass.sent('myapp', false).host).toBe('myapp');
    hosts.update({ origins: OWN });
    expect(pass.sent('myapp', false).host).toBe('localhost:3000');
  });
});

describe('--host-header VALUE', () => {
  it('is sent as it is, also in Origin', async () => {
    const options = { hostHeader: 'app.example.com', own };
    expect(await seen(options, 'myapp', 'http://myapp')).toEqual([
      'app.example.com',
      'http://app.example.com',
      'app.example.com',
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
