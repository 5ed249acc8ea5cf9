import { describe, expect, it } from 'vitest';
import { planRoutes } from '../../src/expose/routes.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';
import { ask } from '../proxy/tcp/tls-rig.ts';
import { useFronts } from './rig.ts';

describe('routes', () => {
  const front = useFronts();
  const service = (name: string) =>
    front.service((request, response) =>
      response.end(`${name} ${request.url} ${request.headers['x-forwarded-prefix'] ?? ''}`.trim()),
    );

  it('send each path to its service, the longest first, by HTTP/1.1 and HTTP/2 alike', async () => {
    const [web, api, admin] = [await service('web'), await service('api'), await service('admin')];
    await front.expose(web, { routes: [`/api=${api}`, `/api/admin=${admin}`] });
    const { url } = await front.door('bob', 'app:80');
    const session = await front.h2Session('bob');
    const expected: [string, string][] = [
      ['/', 'web /'],
      ['/apiary', 'web /apiary'],
      ['/api', 'api /api'],
      ['/api?x=/api/admin', 'api /api?x=/api/admin'],
      ['/api/users', 'api /api/users'],
      ['/api/admin/', 'admin /api/admin/'],
      ['/api/administrator', 'api /api/administrator'],
    ];
    for (const [path, answer] of expected) {
      expect(await (await fetch(url + path)).text()).toBe(answer);
      expect((await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': path })).text).toBe(answer);
    }
  });

  it('may take their prefix off, and tell the service', async () => {
    await front.expose('', { routes: [`/api=${await service('api')}`], stripPrefix: true });
    const { url } = await front.door('bob', 'app:80');
    expect(await (await fetch(`${url}/api`)).text()).toBe('api / /api');
    expect(await (await fetch(`${url}/api?x`)).text()).toBe('api /?x /api');
    expect(await (await fetch(`${url}/api/users`)).text()).toBe('api /users /api');
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });

  it('are not left by dot segments, in whatever spelling', async () => {
    await front.expose(await service('web'), { routes: [`/api=${await service('api')}`] });
    const session = await front.h2Session('bob');
    for (const path of ['/api/../admin', '/api/%2e%2e/admin', '/api/..%2fadmin', '/api/..\\admin']) {
      expect(await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': path })).toMatchObject({ status: 400 });
    }
  });

  it('are refused where they make no sense', () => {
    const target = parseTarget('3000');
    expect(() => planRoutes(['/a=3001', '/a/=3002'], target)).toThrow(
      '--route: /a has two targets, http://localhost:3001 and http://localhost:3002.',
    );
    expect(() => planRoutes(['/=3001'], target)).toThrow(
      '--route: / has two targets, http://localhost:3000 and http://localhost:3001.',
    );
    expect(() => planRoutes(['/a=tcp://localhost:1'], target)).toThrow(
      '--route requires HTTP targets: /a leads to tcp://localhost:1.',
    );
    expect(() => planRoutes(['/a=3001'], parseTarget('tcp://localhost:1'))).toThrow(
      '--route requires HTTP targets: / ',
    );
    for (const text of ['api=3001', '/api', '/a/../b=3001', '/a?b=3001']) {
      expect(() => planRoutes([text], target)).toThrow('Expected /path=target');
    }
  });
});
