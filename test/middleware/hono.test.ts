import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tailscale } from '../../src/middleware/hono.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../tailnet/pair.ts';

describe('tailscale() for hono', () => {
  useSandbox();
  let server: Tailnet;
  let bob: Tailnet;
  const app = new Hono();

  beforeAll(async () => {
    [server, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    app.get('/', tailscale(), (c) => c.text(c.var.tailscale.login));
    app.get('/ci', tailscale({ allow: 'tag:ci' }), (c) => c.text('for machines'));
    app.get('/open', tailscale({ require: false }), (c) => c.text(c.get('tailscale')?.login ?? 'stranger'));
    const { createServer } = server;
    await once(serve({ fetch: app.fetch, createServer, port: 80 }), 'listening');
  });
  afterAll(() => Promise.all([server.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  it('tells the app who is calling', async () => {
    expect(await (await bob.fetch('http://server/')).text()).toBe('bob@example.com');
  });

  it('denies access to callers whom no rule allows', async () => {
    const response = await bob.fetch('http://server/ci');
    expect([response.status, await response.text()]).toEqual([403, 'Access denied.\n']);
  });

  it('denies access to callers from outside the tailnet', async () => {
    const response = await app.request('/', { headers: { 'tailscale-user-login': 'alice@example.com' } });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Tailscale']);
    expect(await (await app.request('/open')).text()).toBe('stranger');
  });
});
