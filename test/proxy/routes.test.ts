import { describe, expect, it } from 'vitest';
import { parseRoute, RouteTable } from '../../src/proxy/routes.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';
import { exchangeRaw, startProxy } from './rig.ts';

describe('a route', () => {
  it.each(['/a/../b=3001', '/..=3001', '/a/%2e%2e=3001', '/%2E/b=3001', '//a=3001'])('cannot be %s', (text) => {
    expect(() => parseRoute(text)).toThrow('Expected /path=target');
  });

  it('is the longest one that matches, and ends where its name does', () => {
    const prefixes = ['/', '/api', '/api/admin'];
    const table = new RouteTable(prefixes.map((prefix) => ({ prefix, to: prefix })));
    const found = (target: string) => table.find(target);
    expect(['/api', '/api/x', '/api?x', 'http://app/api/x'].map(found)).toEqual(Array(4).fill('/api'));
    expect(['/api/admin', '/api/admin/x'].map(found)).toEqual(Array(2).fill('/api/admin'));
    expect(['/', '/apiary', '/x/api'].map(found)).toEqual(Array(3).fill('/'));
    expect(found('/api/administrator')).toBe('/api');
  });

  it('is not left by dot segments, in whatever spelling', async () => {
    const target = parseTarget('text:public');
    const routes = [
      { prefix: '/', target },
      { prefix: '/public', target },
    ];
    const { port } = await startProxy(target, { routes });
    for (const path of ['/public/../x', '/public/%2e%2e/x', '/public/..%2fx', '/public/..\\x']) {
      const answer = await exchangeRaw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
  });
});
