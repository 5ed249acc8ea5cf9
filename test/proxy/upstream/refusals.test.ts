import { describe, expect, it } from 'vitest';
import type { ProxyWarning } from '../../../src/proxy/proxy.ts';
import { OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';

describe('a refusal by a development server', () => {
  it('is recognized by words that come behind the head, and far behind it', async () => {
    const app = await startApp(async (req, res) => {
      if (req.headers.host !== 'myapp') return void res.end('Hello');
      res.writeHead(403).flushHeaders();
      for (const part of ['<!DOCTYPE html><style>', ' '.repeat(5000), '</style><h1>Blocked hosts: myapp</h1>']) {
        await new Promise((resolve) => res.write(part, resolve));
      }
      res.end();
    });
    const warnings: ProxyWarning[] = [];
    const own = new OwnHosts([], { names: ['myapp'] });
    const onWarning = (warning: ProxyWarning) => warnings.push(warning);
    const proxy = await startProxy(`127.0.0.1:${app.port}`, { hostHeader: 'auto', own, onWarning });
    const ask = () => exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: myapp\r\nConnection: close\r\n\r\n');
    expect(await ask()).toMatch(/^HTTP\/1\.1 403 [\s\S]*Blocked hosts: myapp/);
    expect(await ask()).toMatch(/^HTTP\/1\.1 200 [\s\S]*Hello/);
    expect(warnings.map(({ message }) => message.split(',')[0])).toEqual(['Rails refused a request for myapp']);
  });
});
