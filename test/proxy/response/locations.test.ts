import { describe, expect, it } from 'vitest';
import { OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { parseRoute } from '../../../src/proxy/routes.ts';
import { behind, own } from '../mapped-app.ts';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

describe('a Location', () => {
  it.each([
    ['http://127.0.0.1:PORT/docs/', 'http://app/docs/'],
    ['http://localhost:PORT/docs/?a=b#c', 'http://app/docs/?a=b#c'],
    ['http://[::1]:PORT', 'http://app'],
    ['//127.0.0.1:PORT/docs/', '//app/docs/'],
    ['https://127.0.0.1:PORT/docs/', 'https://app/docs/'],
    ['HTTP://127.0.0.1:PORT/docs/', 'http://app/docs/'],
    ['HTTPS://LOCALHOST:PORT/docs/', 'https://app/docs/'],
    // The credentials are for the app.
    ['http://user:secret@127.0.0.1:PORT/', 'http://user:secret@app/'],
    ['//user@127.0.0.1:PORT/', '//user@app/'],
    // An app that listens on all addresses.
    ['http://0.0.0.0:PORT/docs/', 'http://app/docs/'],
    ['http://[::]:PORT/docs/', 'http://app/docs/'],
    ['http://localhost.:PORT/docs/', 'http://app/docs/'],
    ['http://[::ffff:127.0.0.1]:PORT/docs/', 'http://app/docs/'],
    // nginx takes the name from Host and the port from its socket.
    ['http://app:PORT/docs/', 'http://app/docs/'],
    ['http://app.tail1234.ts.net:PORT/docs/', 'http://app/docs/'],
    ...[
      'http://app/docs/',
      'https://app.tail1234.ts.net/docs/',
      '/docs/',
      'docs/',
      '../docs',
      '?x',
      '#x',
      'http://127.0.0.1:1/docs/',
      'http://127.0.0.1/docs/',
      'http://evil.example:PORT/docs/',
      'https://accounts.example.com/login?next=http://127.0.0.1:PORT/',
      'mailto:a@example.com',
      '//evil.example:PORT/docs/',
      'http://127.0.0.1:PORT@evil.example/',
      'http://127.0.0.1:PORT\\@evil.example/',
      'http://user@evil.example:PORT/',
      'http://127.0.0.1.evil.example:PORT/',
      '/\\evil.example/',
      'http:///x',
      'http://[x/',
    ].map((same) => [same, same]),
  ])('%s leads to %s', async (location, expected) => {
    const { header } = await behind((port) => [`127.0.0.1:${port}`]);
    expect(await header('Location', location)).toBe(expected);
  });

  it.each([
    ['/app/login', '/login'],
    ['/app', '/'],
    ['/app?x', '/?x'],
    ['/app/', '/'],
    ['http://127.0.0.1:PORT/app/login', 'http://app/login'],
    ['http://app/app/login', 'http://app/login'],
    // One that was configured with its public address.
    ['https://app.tail1234.ts.net/app/login', 'https://app.tail1234.ts.net/login'],
    ['HTTP://user@APP/app/login', 'HTTP://user@APP/login'],
    ['http://127.0.0.1:PORT/app//x', 'http://app//x'],
    ['/apple', '/apple'],
    ['/other', '/other'],
    ['https://example.com/app/login', 'https://example.com/app/login'],
  ])('of a target with a path: %s leads to %s', async (location, expected) => {
    const { header } = await behind((port) => [`http://127.0.0.1:${port}/app`]);
    expect(await header('Location', location)).toBe(expected);
  });

  it.each([
    ['/login', '/api/login'],
    ['/', '/api/'],
    ['/?x', '/api/?x'],
    ['http://127.0.0.1:PORT/login', 'http://app/api/login'],
    ['http://app/login', 'http://app/api/login'],
    // The app has read X-Forwarded-Prefix.
    ['/api/login', '/api/login'],
    ['http://app/api/login', 'http://app/api/login'],
    ['https://example.com/login', 'https://example.com/login'],
  ])('behind a prefix that is stripped: %s leads to %s', async (location, expected) => {
    const { header } = await behind((port) => [
      String(port),
      { routes: [parseRoute(`/api=127.0.0.1:${port}`)], stripPrefix: true },
    ]);
    expect(await header('Location', location, '/api/x')).toBe(expected);
  });

  it.each([
    ['/app//evil.example/', '/.//evil.example/'],
    ['/app/\\evil.example/', '/./\\evil.example/'],
    ['/app/\t/evil.example/', '/./\t/evil.example/'],
  ])('%s does not become the name of another host', async (location, expected) => {
    const { header } = await behind((port) => [`http://127.0.0.1:${port}/app`]);
    for (const name of ['Location', 'Content-Location']) expect(await header(name, location)).toBe(expected);
    expect(await header('Refresh', `0; url=${location}`)).toBe(`0; url=${expected}`);
    expect(new URL(expected, 'http://app/x/y').host).toBe('app');
  });

  it.each(['app:99999', 'app:', 'APP.'])('has the Host that was asked, %s', async (host) => {
    const { port } = await startApp((_, response) => {
      response.writeHead(302, { Location: `http://127.0.0.1:${port}/app/x`, 'Set-Cookie': 'a=1; Domain=localhost' });
      response.end();
    });
    const proxy = await startProxy(`http://127.0.0.1:${port}/app`, { own });
    const answer = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const location =
      host === 'app:99999' ? `http://127.0.0.1:${port}/app/x` : `http://${new URL(`http://${host}`).host}/x`;
    expect(answer).toContain(`Location: ${location}\r\n`);
  });

  it('of an app that is told another Host leads to ours', async () => {
    const rewritten = await behind((port) => [`127.0.0.1:${port}`, { hostHeader: 'rewrite' }]);
    expect(await rewritten.header('Location', 'http://127.0.0.1:PORT/x')).toBe('http://app/x');
    const given = await behind((port) => [`127.0.0.1:${port}`, { hostHeader: 'shop.example.com' }]);
    expect(await given.header('Location', 'https://shop.example.com/x')).toBe('https://app/x');
    expect(await given.header('Location', 'https://www.example.com/x')).toBe('https://www.example.com/x');
  });

  it('has the scheme of the caller, by HTTP/2 too', async () => {
    const { port } = await startApp((_, response) => {
      response.writeHead(302, {
        Location: `http://127.0.0.1:${port}/app/x`,
        'Set-Cookie': ['a=1; Path=/app', 'b=2; Path=/'],
      });
      response.end();
    });
    const rig = await startSecureProxy(`http://127.0.0.1:${port}/app`, { own: new OwnHosts(['app.test']) });
    const { headers } = await ask(openSession(rig.port), { ':path': '/' });
    expect(headers).toMatchObject({ location: 'https://app.test/x', 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] });
  });

  it('is no other header, except those that lead back as well', async () => {
    const { header } = await behind((port) => [`http://127.0.0.1:${port}/app`]);
    expect(await header('Content-Location', '/app/x')).toBe('/x');
    expect(await header('Refresh', '5; url=http://127.0.0.1:PORT/app/x')).toBe('5; url=http://app/x');
    expect(await header('Refresh', '5; URL="http://127.0.0.1:PORT/app/x"')).toBe('5; URL="http://app/x"');
    expect(await header('Refresh', "0,url = '/app/x?a=b;c'")).toBe("0,url = '/x?a=b;c'");
    expect(await header('Refresh', '5; http://127.0.0.1:PORT/app/x')).toBe('5; http://app/x');
    expect(await header('Refresh', '5 url=/app/x')).toBe('5 url=/x');
    expect(await header('Refresh', '5; url=https://evil.example/app/x')).toBe('5; url=https://evil.example/app/x');
    expect(await header('Refresh', '5')).toBe('5');
    for (const [name, value] of [
      ['Link', '<http://127.0.0.1:PORT/app/x>; rel=next'],
      ['URI', 'http://127.0.0.1:PORT/app/x'],
      ['X-Accel', '/app/x'],
    ] as const) {
      expect(await header(name, value)).toBe(value);
    }
  });
});

describe('a cookie', () => {
  it.each([
    ['a=1; Path=/app', 'a=1; Path=/'],
    ['a=1; path=/app/x; HttpOnly', 'a=1; path=/x; HttpOnly'],
    ['a=1; Path=/app/', 'a=1; Path=/'],
    ['a=1; Path=/; Secure', 'a=1; Path=/; Secure'],
    ['a=1; Path=/apple', 'a=1; Path=/apple'],
    ['a=/app; Secure', 'a=/app; Secure'],
    ['a=1; Domain=127.0.0.1; Path=/app', 'a=1; Path=/'],
    ['a=1; Path=/app; Domain=.LOCALHOST', 'a=1; Path=/'],
    ['a=1; domain = 127.0.0.1 ; Secure', 'a=1; Secure'],
    ['a=1; Domain=example.com', 'a=1; Domain=example.com'],
    ['a=1; Domain=app', 'a=1; Domain=app'],
    ['a=1; Domain=', 'a=1; Domain='],
    ['a=1; Domain', 'a=1; Domain'],
    ['a=Domain=localhost; Path', 'a=Domain=localhost; Path'],
    ['a=1; Path=/app/%2F;Path=/app', 'a=1; Path=/%2F;Path=/'],
    ['', ''],
  ])('of a target with a path: %s is %s', async (cookie, expected) => {
    const { header } = await behind((port) => [`http://127.0.0.1:${port}/app`]);
    expect(await header('Set-Cookie', cookie)).toBe(expected);
  });

  it.each([
    ['a=1; Path=/x', 'a=1; Path=/api/x'],
    ['a=1; Path=/api/x', 'a=1; Path=/api/x'],
    // For all routes: an app that logs people in may mean it.
    ['a=1; Path=/', 'a=1; Path=/'],
  ])('behind a prefix that is stripped: %s is %s', async (cookie, expected) => {
    const { header } = await behind((port) => [
      String(port),
      { routes: [parseRoute(`/api=${port}`)], stripPrefix: true },
    ]);
    expect(await header('Set-Cookie', cookie, '/api')).toBe(expected);
  });
});

describe('the cookies of an app', () => {
  it('are mapped each for itself', async () => {
    const { port } = await startApp((_, response) => {
      response.setHeader('Set-Cookie', ['a=1; Path=/app', 'b=2; Path=/app/b; Domain=localhost', 'c=3; Path=/c']);
      response.end();
    });
    const proxy = await startProxy(`http://127.0.0.1:${port}/app`, { own });
    const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n');
    expect(answer.match(/^set-cookie: .*$/gim)).toEqual([
      'Set-Cookie: a=1; Path=/',
      'Set-Cookie: b=2; Path=/b',
      'Set-Cookie: c=3; Path=/c',
    ]);
  });

  it.each([
    ['a=1; Domain=shop.example.com', 'a=1'],
    ['a=1; Domain=.example.com; Secure', 'a=1; Secure'],
    ['a=1; Domain=com', 'a=1; Domain=com'],
    ['a=1; Domain=www.example.com', 'a=1; Domain=www.example.com'],
    ['a=1; Domain=op.example.com', 'a=1; Domain=op.example.com'],
    // The caller's host is below it.
    ['a=1; Domain=tail1234.ts.net', 'a=1; Domain=tail1234.ts.net'],
  ])('that is told another Host: %s is %s', async (cookie, expected) => {
    const { port } = await startApp((_, response) => response.writeHead(200, { 'Set-Cookie': cookie }).end());
    const proxy = await startProxy(port, { own, hostHeader: 'shop.example.com:8443' });
    const answer = await exchangeRaw(
      proxy.port,
      'GET / HTTP/1.1\r\nHost: app.tail1234.ts.net\r\nConnection: close\r\n\r\n',
    );
    expect(/^set-cookie: (.*)\r$/im.exec(answer)?.[1]).toBe(expected);
  });
});
