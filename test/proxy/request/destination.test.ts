import { describe, expect, it } from 'vitest';
import { parseRoute } from '../../../src/proxy/routes.ts';
import { behind } from '../mapped-app.ts';
import type { RigOptions } from '../rig.ts';

describe('a WebDAV Destination', () => {
  const routed = (port: number): [string, RigOptions] => [
    String(port),
    { routes: [parseRoute(`/dav=http://127.0.0.1:${port}/files`)], stripPrefix: true },
  ];

  it.each([
    ['http://app/dav/b%20c.txt', 'http://app/files/b%20c.txt'],
    ['https://app.tail1234.ts.net/dav/b', 'https://app.tail1234.ts.net/files/b'],
    ['/dav/b', '/files/b'],
    ['http://elsewhere.example/dav/b', 'http://elsewhere.example/dav/b'],
  ])('%s is %s to the app', async (destination, expected) => {
    const { asked } = await behind(routed);
    for (const method of ['MOVE', 'COPY']) {
      const { seen } = await asked(method, '/dav/a', `Destination: ${destination}`);
      expect(seen[1]).toBe('/files/a');
      expect(seen[2].destination).toBe(expected);
    }
  });

  it('has the Host that the app gets', async () => {
    const { asked, port } = await behind((port) => [`127.0.0.1:${port}`, { hostHeader: 'rewrite' }]);
    const { seen } = await asked('MOVE', '/a', 'Destination: http://app/b', 'If: <http://app/b> (<opaquelocktoken:x>)');
    expect(seen[2]).toMatchObject({
      host: `127.0.0.1:${port}`,
      destination: `http://127.0.0.1:${port}/b`,
      if: `<http://127.0.0.1:${port}/b> (<opaquelocktoken:x>)`,
    });
  });

  it('does not lead out of the route', async () => {
    const { asked } = await behind(routed);
    for (const destination of [
      'http://app/other/b',
      '/davy/b',
      'http://app/dav/../other',
      '/dav/%2e%2e/x',
      '/dav/..%2fx',
    ]) {
      const { status } = await asked('MOVE', '/dav/a', `Destination: ${destination}`);
      expect([destination, status]).toEqual([
        destination,
        destination.includes('..') || destination.includes('%2e') ? 400 : 502,
      ]);
    }
  });

  it('is left alone if nothing is mapped, or if it is none', async () => {
    const { asked } = await behind((port) => [`127.0.0.1:${port}`]);
    expect((await asked('MOVE', '/a', 'Destination: https://app/b')).seen[2].destination).toBe('https://app/b');
    const dav = await behind(routed);
    expect((await dav.asked('GET', '/dav/a', 'Destination: Rome')).seen[2].destination).toBe('Rome');
  });
});

describe('the path of a route whose prefix is stripped', () => {
  it.each([
    ['/foo', '/foo'],
    ['/foo/', '/foo/'],
    ['/foo/x', '/foo/x'],
  ])('%s is %s to a target with a path', async (path, expected) => {
    const { asked } = await behind((port) => [
      String(port),
      { routes: [parseRoute(`/foo=http://127.0.0.1:${port}/foo`)], stripPrefix: true },
    ]);
    expect((await asked('GET', path)).seen[1]).toBe(expected);
  });

  it('is / if nothing is left of it', async () => {
    const { asked } = await behind((port) => [
      String(port),
      { routes: [parseRoute(`/foo=${port}`)], stripPrefix: true },
    ]);
    expect((await asked('GET', '/foo')).seen[1]).toBe('/');
  });
});
