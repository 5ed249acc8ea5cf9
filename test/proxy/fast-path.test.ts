import { describe, expect, it } from 'vitest';
import { FunnelAuth } from '../../src/access/funnel-auth.ts';
import { Gate, type GateOptions } from '../../src/access/gate.ts';
import type { RequestEvent } from '../../src/events.ts';
import { ProxyServer, type ProxyWarning } from '../../src/proxy/proxy.ts';
import { OwnHosts } from '../../src/proxy/request/own-hosts.ts';
import { parseRoute } from '../../src/proxy/routes.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';
import { alice, ci, funnelCaller } from '../identity/callers.ts';

interface Options extends GateOptions {
  target?: string;
  routes?: string[];
  hostHeader?: string;
  funnelAuth?: string;
  secure?: boolean;
}

/** The fast path of a proxy, and what it reports. */
function fastPath({ target = '3000', routes, hostHeader, funnelAuth, secure = false, ...gate }: Options = {}) {
  const events: RequestEvent[] = [];
  const warnings: ProxyWarning[] = [];
  const presence: string[] = [];
  let dropped = 0;
  const proxy = new ProxyServer({
    target: parseTarget(target),
    gate: new Gate(gate),
    identify: () => alice,
    own: new OwnHosts(['app.example.com'], { names: ['myapp', '100.64.0.7'], origins: ['http://myapp'] }),
    ...(routes && { routes: routes.map(parseRoute), stripPrefix: true }),
    ...(hostHeader && { hostHeader }),
    ...(funnelAuth && { funnelAuth: new FunnelAuth(funnelAuth) }),
    onRequest: (event) => events.push(event),
    onWarning: (warning) => warnings.push(warning),
  });
  const path = proxy.fastPath({
    secure,
    onPresence: (change, { login }) => presence.push(`${login} ${change}`),
    onDropped: (count) => {
      dropped += count;
    },
  });
  return { path, events, warnings, presence, dropped: () => dropped };
}

describe('the verdict of the fast path', () => {
  it('carries a caller, with what targets are told about it', () => {
    const { general, headers } = fastPath().path.judge(1, alice);
    expect(general).toBe(false);
    expect(headers).toContain(alice.login);
  });

  it('leaves a caller who is denied access to the proxy', () => {
    const { path } = fastPath({ allow: ['tag:ci'] });
    expect(path.judge(1, alice).general).toBe(true);
    expect(path.judge(2, ci).general).toBe(false);
  });

  it('leaves callers from the internet to the proxy if it asks them for a password', () => {
    expect(fastPath({ funnelAuth: 'guest:secret' }).path.judge(1, funnelCaller).general).toBe(true);
    expect(fastPath({ funnelAuth: 'guest:secret' }).path.judge(1, alice).general).toBe(false);
    expect(fastPath().path.judge(1, funnelCaller).general).toBe(false);
  });

  it('tells callers apart as the proxy does', () => {
    const { path } = fastPath();
    const who = path.judge(1, alice).who;
    expect(path.judge(2, { ...alice, port: 9, ip: '100.64.0.99' }).who).toBe(who);
    expect(path.judge(3, { ...alice, login: 'bob@example.com' }).who).not.toBe(who);
    expect(path.judge(4, { ...alice, userId: '9' }).who).not.toBe(who);
    expect(path.judge(5, ci).who).not.toBe(who);
  });
});

describe('the rules of the fast path', () => {
  it('name what callers may not send, and which hosts are ours', () => {
    expect(fastPath({ mapCap: ['example.com/cap/x=X-Role'] }).path.rules()).toMatchObject({
      ours: {
        names: expect.arrayContaining(['host', 'transfer-encoding', 'x-role']),
        prefixes: expect.arrayContaining(['tailscale-']),
      },
      hosts: { any: false, names: expect.arrayContaining(['myapp', 'app.example.com']), addresses: ['100.64.0.7'] },
      hop: expect.arrayContaining(['connection', 'keep-alive']),
      trailers: expect.arrayContaining(['set-cookie']),
    });
  });

  it('carry requests to targets that speak HTTP/1.1, and no others', () => {
    const routes = ['/=3000', '/a=h2c://localhost:1', '/b=text:x', '/c=https://localhost:2', '/d=unix:/run/x.sock'];
    const rules = fastPath({ routes }).path.rules() as { routes: Record<string, unknown>[] };
    const byPath = Object.fromEntries(rules.routes.map((route) => [route.path, route]));
    expect(byPath['/']).toMatchObject({ general: false, network: 'tcp', address: 'localhost:3000' });
    expect(byPath['/a']).toMatchObject({ general: true });
    expect(byPath['/b']).toMatchObject({ general: true });
    expect(byPath['/c']).toMatchObject({ general: false, tls: { serverName: 'localhost', insecure: false } });
    expect(byPath['/d']).toMatchObject({ general: false, network: 'unix', address: '/run/x.sock', strip: '/d' });
    // Longer paths first.
    expect(rules.routes.at(-1)!.path).toBe('/');
  });

  it('bound a path wherever it may lead out of a route', () => {
    const bounded = (options: Options) =>
      (fastPath(options).path.rules() as { routes: { path: string; bounded: boolean }[] }).routes.map((r) => r.bounded);
    expect(bounded({})).toEqual([false]);
    expect(bounded({ target: 'http://localhost:3000/app' })).toEqual([true]);
    expect(bounded({ routes: ['/=3000', '/a=3001'] })).toEqual([true, true]);
  });

  it('replace Host and Origin only if the user says so', () => {
    expect(fastPath().path.rules()).toMatchObject({
      routes: [expect.not.objectContaining({ host: expect.anything() })],
    });
    expect(fastPath({ hostHeader: 'rewrite' }).path.rules()).toMatchObject({
      routes: [{ host: 'localhost:3000', origin: 'http://localhost:3000', origins: ['http://myapp'] }],
    });
  });
});

describe('what the fast path reports', () => {
  it('becomes the events of the proxy', () => {
    const { path, events, presence, dropped } = fastPath();
    path.judge(1, alice);
    path.report(
      [
        [1, 1],
        [1, 'GET', '/x', 200, 1.5, 7, '', false, 0],
        [1, 'PUT', '/y', 0, 2, 0, '', true, 0],
      ],
      3,
    );
    const caller = { kind: 'user', who: alice.login, ip: alice.ip };
    expect(events).toEqual([
      { event: 'request', method: 'GET', path: '/x', status: 200, ms: 1.5, bytes: 7, caller },
      { event: 'request', method: 'PUT', path: '/y', status: 0, ms: 2, bytes: 0, aborted: true, caller },
    ]);
    expect(presence).toEqual([`${alice.login} connected`]);
    expect(dropped()).toBe(3);
  });

  it('warns of a target that breaks off, or is silent', () => {
    const { path, warnings } = fastPath();
    path.judge(1, alice);
    path.report([[1, 'GET', '/', 200, 1, 7, 'http_response_incomplete', false, 0]], 0);
    path.answer({ type: 'silence', route: 0 });
    expect(warnings.map(({ code }) => code)).toEqual(['TARGET_RESPONSE_INCOMPLETE', 'TARGET_SILENT']);
  });
});

describe('an answer to the fast path', () => {
  const page = { type: 'page', route: 0, caller: 1, method: 'GET', target: '/x', ms: 5 } as const;

  it('is a page about a target that gives no response, which is in the log', () => {
    const { path, events, warnings } = fastPath();
    path.judge(1, alice);
    const text = path
      .answer({ ...page, code: 'ECONNRESET', message: 'EOF', accept: 'text/html', last: false })!
      .toString();
    expect(text).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(text).toContain('<title>502');
    expect(text).not.toContain('Connection: close');
    expect(events).toMatchObject([{ status: 502, path: '/x', error: 'connection_terminated', ms: 5 }]);
    expect(warnings).toHaveLength(1);
  });

  it('is a page about what is wrong with the request, and nothing about the target', () => {
    const { path, events, warnings } = fastPath();
    path.judge(1, alice);
    const text = path.answer({ ...page, code: 'HPE_INVALID_CHUNK_SIZE', last: true })!.toString();
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*Connection: close\r\n/s);
    expect(events).toMatchObject([{ status: 400, reason: expect.stringContaining('not valid') }]);
    expect(warnings).toEqual([]);
  });

  it('has no body for HEAD', () => {
    const { path } = fastPath();
    path.judge(1, alice);
    expect(path.answer({ ...page, method: 'HEAD', code: 'ECONNRESET' })!.toString()).toMatch(/\r\n\r\n$/);
  });

  it('is how callers may follow what refers back', () => {
    const { path } = fastPath({ routes: ['/=3000', '/api=3001'], secure: true });
    const headers = ['Location', 'http://localhost:3001/login', 'Set-Cookie', 'a=b; Path=/x; Domain=localhost'];
    expect(path.answer({ type: 'map', route: 0, host: 'myapp', headers })!.toString()).toBe(
      'Location: https://myapp/api/login\r\nSet-Cookie: a=b; Path=/api/x\r\n',
    );
  });
});
