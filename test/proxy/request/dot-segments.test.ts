import { describe, expect, it } from 'vitest';
import { parseRoute } from '../../../src/proxy/routes.ts';
import { parseTarget } from '../../../src/proxy/target/target.ts';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

/** Ways to write what an app may resolve to /admin. */
const OUT = [
  '/api/../admin',
  '/api/..',
  '/api/..?x',
  '/api/x/../../admin',
  '/api//../admin',
  '/api/./../admin',
  '/api/%2e%2e/admin',
  '/api/.%2E/admin',
  '/api/%2e./admin',
  '/api/..%2fadmin',
  '/api/..%2Fadmin',
  '/api/x%2f..%2f..%2fadmin',
  '/api/..\\admin',
  '/api/x\\..\\..\\admin',
  '/api/..%5cadmin',
  '/api/x%5C%2e%2e%5cadmin',
  '/api/..;/admin',
  '/api/..;a=b/admin',
  '/api/..%3b/admin',
  '/api/%2e%2e;/admin',
  '/api/%252e%252e/admin',
  '/api/%252e%252e%252fadmin',
  '/api/.%25252e/admin',
  '/api/..%252fadmin',
  '/api/.%252525252525252e/admin',
  '/api/%25%32%65%25%32%65/admin',
  '/api/%c0%ae%c0%ae/admin',
  '/api/..%c0%afadmin',
  '/api/..%c1%9cadmin',
  '/api/%e0%80%ae%e0%80%ae/admin',
  '/api/%u002e%u002e/admin',
  '/api/..%u2216admin',
  '/api/..%u002fadmin',
  '/api/%ef%bc%8e%ef%bc%8e/admin',
  '/api/..%ef%bc%8fadmin',
  '/api/%e2%80%a5/admin',
  '/api/..%00/admin',
  '/api/..%23/admin',
  '/api/..%3f/admin',
  '/api/..%20/admin',
  '/api/..%09/admin',
  '/api/..%0d%0a/admin',
  '/api/.%09./admin',
  '/api/..%00x',
];

/** Paths that lead nowhere else. */
const IN = [
  '/api',
  '/api/',
  '/api?next=/../admin',
  '/api/?a=..%2f..',
  '/api/debs/./Packages',
  '/api/./',
  '/api/.',
  '/api/%2e/x',
  '/api/.;v=1/x',
  '/api/...',
  '/api/.../x',
  '/api/a..b/..c/d..',
  '/api/..hidden',
  '/api/x/.well-known/y',
  '/api/1..2',
  '/api/a%2fb%20c',
  '/api/100%25',
  '/api/%E2%80%A6/x',
  '/api/v1.0/%zz/%',
  '/api/http://x/y',
];

describe('a path below a route', () => {
  it('does not lead out of it, in whatever spelling, even if the route is the only one', async () => {
    const seen: (string | undefined)[] = [];
    const { port } = await startApp((request, response) => {
      seen.push(request.url);
      response.end('in');
    });
    const target = parseTarget(String(port));
    for (const options of [
      { routes: [parseRoute(`/api=${port}`)] },
      { routes: [parseRoute(`/api=${port}`)], stripPrefix: true },
      { routes: [parseRoute(`/api=${port}`), { prefix: '/', target }] },
    ]) {
      const proxy = await startProxy(target, options);
      for (const path of OUT) {
        const answer = await exchangeRaw(proxy.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        expect([path, answer.slice(9, 12)]).toEqual([path, '400']);
      }
      expect(seen).toEqual([]);
      for (const path of IN) {
        const answer = await exchangeRaw(proxy.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        expect([path, answer.slice(9, 12)]).toEqual([path, '200']);
      }
      if (!options.stripPrefix) expect(seen).toEqual(IN);
      seen.length = 0;
    }
  });

  it('does not lead out of it by HTTP/2', async () => {
    const { port } = await startApp((_, response) => response.end('in'));
    const rig = await startSecureProxy(port, { routes: [parseRoute(`/api=${port}`)] });
    const session = openSession(rig.port);
    for (const path of OUT) expect([path, (await ask(session, { ':path': path })).status]).toEqual([path, 400]);
    for (const path of IN) expect([path, (await ask(session, { ':path': path })).status]).toEqual([path, 200]);
  });

  it('is not looked at if the app has the whole origin', async () => {
    const { port } = await startApp((request, response) => response.end(request.url));
    const proxy = await startProxy(port);
    for (const path of OUT) {
      const answer = await exchangeRaw(proxy.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toContain(path);
    }
  });

  it('is judged in no time, however it is encoded', async () => {
    const { port } = await startApp((_, response) => response.end('in'));
    const proxy = await startProxy(port, { routes: [parseRoute(`/api=${port}`)] });
    const started = performance.now();
    for (const part of ['%25', '%2525', '.', '..a', '%2e', '%', ';', '%c0', '..%25']) {
      const path = `/api/${part.repeat(Math.floor(15_000 / part.length))}`;
      const answer = await exchangeRaw(proxy.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
