import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityFromHeaders } from '../../src/identity/from-headers.ts';
import { tailscale } from '../../src/middleware/express.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../tailnet/pair.ts';

describe('tailscale() for express', () => {
  useSandbox();
  let server: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [server, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    const app = express();
    app.use(tailscale());
    app.get('/', (req, res) => void res.send(req.tailscale?.login));
    app.get('/ci', tailscale({ allow: 'tag:ci' }), (_, res) => void res.send('for machines'));
    app.use('/broken', () => {
      throw new Error('broken');
    });
    await once(server.createServer(app).listen(80), 'listening');
  });
  afterAll(() => Promise.all([server.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  it('tells the app who is calling', async () => {
    expect(await (await bob.fetch('http://server/')).text()).toBe('bob@example.com');
  });

  it('denies access to callers whom no rule allows, and calls no handler', async () => {
    const response = await bob.fetch('http://server/ci');
    expect([response.status, await response.text()]).toEqual([403, 'Access denied.\n']);
  });

  it('leaves errors of the app to the app', async () => {
    expect((await bob.fetch('http://server/broken')).status).toBe(500);
  });

  it('denies access to callers from outside the tailnet, whatever headers they send', async () => {
    const app = express().use(tailscale(), (_, res) => void res.send('in'));
    const local = http.createServer(app).listen(0, '127.0.0.1');
    await once(local, 'listening');
    const headers = { 'Tailscale-User-Login': 'alice@example.com' };
    const url = `http://127.0.0.1:${(local.address() as AddressInfo).port}`;
    const response = await fetch(url, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Tailscale');
    local.close();
  });

  it('trusts the headers of a proxy when told to', async () => {
    const identify = (req: http.IncomingMessage) => identityFromHeaders(req.headers);
    const app = express().use(tailscale({ identify }), (req, res) => void res.send(req.tailscale?.login));
    const local = http.createServer(app).listen(0, '127.0.0.1');
    await once(local, 'listening');
    const url = `http://127.0.0.1:${(local.address() as AddressInfo).port}`;
    const response = await fetch(url, { headers: { 'Tailscale-User-Login': 'alice@example.com' } });
    expect(await response.text()).toBe('alice@example.com');
    expect((await fetch(url)).status).toBe(401);
    local.close();
  });
});
