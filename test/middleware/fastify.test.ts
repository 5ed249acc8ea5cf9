import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tailscale } from '../../src/middleware/fastify.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../tailnet/pair.ts';

describe('tailscale for fastify', () => {
  useSandbox();
  let server: Tailnet;
  let bob: Tailnet;
  let app: FastifyInstance;

  beforeAll(async () => {
    [server, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    app = fastify({ serverFactory: (handler) => server.createServer(handler) });
    await app.register(tailscale);
    app.get('/', async (request) => request.tailscale?.login);
    await app.register(async (scope) => {
      await scope.register(tailscale, { allow: 'tag:ci' });
      scope.get('/ci', async () => 'for machines');
    });
    expect(await app.listen({ port: 80 })).toBe(`http://${server.ips[0]}:80`);
    // fastify makes another server for each further address that "localhost" has, unless this one listens.
    expect(app.addresses()).toHaveLength(1);
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([server.close({ timeout: 0 }), bob.close({ timeout: 0 })]);
  });

  it('tells the app who is calling', async () => {
    expect(await (await bob.fetch('http://server/')).text()).toBe('bob@example.com');
  });

  it('denies access in its scope, through the error handler', async () => {
    const response = await bob.fetch('http://server/ci');
    expect(await response.json()).toEqual({ statusCode: 403, error: 'Forbidden', message: 'Access denied.' });
  });

  it('denies access to callers from outside the tailnet', async () => {
    const response = await app.inject({ url: '/', headers: { 'tailscale-user-login': 'alice@example.com' } });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Tailscale');
  });
});
