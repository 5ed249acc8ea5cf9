import { describe, expect, it } from 'vitest';
import { checkHost, OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';

const names = ['myapp', 'myapp.tail1234.ts.net', '100.64.0.1', 'fd7a:115c:a1e0::1'];

describe('our own hosts', () => {
  const own = new OwnHosts([], { names });

  it.each([
    ...names.slice(0, 3),
    ...['MYAPP', 'myapp.', 'myapp:8080', 'MyApp.Tail1234.TS.net.:443', '100.64.0.1:1', '[fd7a:115c:a1e0:0::1]:1'],
    ...[
      'localhost',
      'LocalHost.',
      'x.localhost:1',
      '127.0.0.1',
      '127.255.0.9:1',
      '[::1]',
      '[::1]:1',
      '[::ffff:127.0.0.1]',
    ],
  ])('include %s', (host) => {
    expect(own.serves(host)).toBe(true);
  });

  it.each([
    ...[
      '',
      '.',
      ':80',
      'evil.example',
      'tail1234.ts.net',
      'x.myapp.tail1234.ts.net',
      'myapp.tail1234.ts.net.evil.example',
    ],
    ...['myapp..', '.myapp', 'notlocalhost', 'localhost.evil.example', '127.0.0.1.evil.example', '127.1', '2130706433'],
    ...['100.64.0.2', '0.0.0.0', '[fd7a:115c:a1e0::2]', '[::]', '[myapp]', 'myapp@evil.example', 'm\u00fdapp', '*'],
  ])('do not include %s', (host) => {
    expect(own.serves(host)).toBe(false);
  });

  it('are those of the loopback interface as long as no others are known', () => {
    const none = new OwnHosts([], { names: ['', ''] });
    for (const host of ['', '.', 'myapp', '100.64.0.1', 'undefined']) expect(none.serves(host)).toBe(false);
    expect(none.serves('localhost')).toBe(true);
  });

  it('are not all hosts, even when all hosts are served', () => {
    const any = new OwnHosts(['*'], { names });
    expect([any.serves('evil.example'), any.has('evil.example'), any.has('myapp')]).toEqual([true, false, true]);
  });

  it.each(['', ' ', 'a b', 'a/b', 'http://a', 'a:80', '*.example.com', '[::1]:80', '.', 'user@host'])(
    'cannot be given as %j',
    (text) => {
      expect(() => checkHost(text)).toThrowError(expect.objectContaining({ code: 'ERR_TSEXPOSE_INVALID_OPTION' }));
    },
  );
});

describe('a proxy', () => {
  it('serves no name that it has not been given', async () => {
    const { port } = await startApp((_, response) => response.end('secret'));
    const proxy = await startProxy(port, { own: new OwnHosts() });
    const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: myapp\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
    expect(await (await fetch(proxy.url)).text()).toBe('secret');
  });

  it('believes neither of two hosts, and refuses what is not a host', async () => {
    const { port } = await startApp((_, response) => response.end('secret'));
    const proxy = await startProxy(port, { own: new OwnHosts([], { names }) });
    for (const [head, status] of [
      ['GET / HTTP/1.1\r\nHost: myapp\r\nHost: evil.example', 400],
      ['GET / HTTP/1.1\r\nHost: evil.example\r\nhOsT: myapp', 400],
      ['GET http://evil.example/ HTTP/1.1\r\nHost: myapp', 400],
      ['GET http://myapp/ HTTP/1.1\r\nHost: evil.example', 421],
      ['GET / HTTP/1.1\r\nHost: myapp\r\nHost: myapp', 400],
      ['GET / HTTP/1.1\r\nHost: my app', 400],
      ['GET / HTTP/1.1\r\nHost: ', 400],
      ['GET / HTTP/1.1', 400],
      ['GET / HTTP/1.0', 200],
      ['GET / HTTP/1.0\r\nHost: evil.example', 421],
    ] as const) {
      const answer = await exchangeRaw(proxy.port, `${head}\r\nConnection: close\r\n\r\n`);
      expect([head, Number(answer.slice(9, 12))]).toEqual([head, status]);
    }
  });
});
