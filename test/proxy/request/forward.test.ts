import { describe, expect, it } from 'vitest';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';

describe('the proxy', () => {
  it('forwards a request and tells the app who is calling', async () => {
    const { port } = await startApp((request, response) => response.end(JSON.stringify(request.headers)));
    const { url } = await startProxy(port);
    const headers = (await (await fetch(`${url}/path`)).json()) as Record<string, string>;
    expect(headers).toMatchObject({
      'tailscale-user-login': 'alice@example.com',
      'tailscale-user-name': 'Alice Example',
      'tailscale-user-profile-pic': 'https://example.com/alice.png',
      'tailscale-headers-info': 'https://tailscale.com/s/serve-headers',
      'x-forwarded-for': '100.64.0.2',
      'x-forwarded-host': new URL(url).host,
      host: new URL(url).host,
    });
    expect(headers['x-forwarded-proto']).toBeUndefined();
  });

  it('forwards method, path and query verbatim', async () => {
    const { port } = await startApp((request, response) => response.end(`${request.method} ${request.url}`));
    const proxy = await startProxy(port);
    for (const path of ['//x/../y?a=%2f&b=;c', '/%2e%2e/%00?', '/a;b=c|d?q=^{}&e="<>']) {
      const answer = await exchangeRaw(proxy.port, `PATCH ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toContain(`PATCH ${path}`);
    }
  });

  it('streams a body both ways', async () => {
    const { port } = await startApp((request, response) => request.pipe(response));
    const { url } = await startProxy(port);
    const body = 'x'.repeat(3_000_000);
    expect(await (await fetch(url, { method: 'POST', body })).text()).toBe(body);
  });

  it('keeps every Set-Cookie', async () => {
    const { port } = await startApp((_, response) => {
      response.writeHead(200, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]);
      response.end();
    });
    const { url } = await startProxy(port);
    expect((await fetch(url)).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('responds with 502 while nothing listens, and forwards as soon as something does', async () => {
    const { port, server } = await startApp((_, response) => response.end('here'));
    await new Promise((resolve) => server.close(resolve));
    const warnings: string[] = [];
    const { url } = await startProxy(port, { onWarning: ({ code }) => warnings.push(code) });
    for (let i = 0; i < 3; i++) expect((await fetch(url)).status).toBe(502);
    expect(warnings).toEqual(['ECONNREFUSED']);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await (await fetch(url)).text()).toBe('here');
  });
});
