import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Redirect } from '../../../src/proxy/inbound/redirect.ts';
import { exchangeRaw } from '../rig.ts';

describe('the redirect to HTTPS', () => {
  const start = async () => {
    const redirect = new Redirect({ origin: () => 'https://myapp.tail1234.ts.net' });
    const door = net.createServer({ allowHalfOpen: true }, (socket) => redirect.accept(socket));
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    onTestFinished(() => {
      redirect.close();
      door.close();
    });
    const { port } = door.address() as AddressInfo;
    return (target: string) =>
      exchangeRaw(port, `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
  };

  it('leads to our own name, whatever the request says', async () => {
    const get = await start();
    const answer = await get('/a?b=c');
    expect(answer).toMatch(/^HTTP\/1\.1 307 /);
    expect(answer).toContain('Location: https://myapp.tail1234.ts.net/a?b=c\r\n');
    expect(await get('//evil.example/')).toContain('Location: https://myapp.tail1234.ts.net//evil.example/\r\n');
  });

  it('is only for paths', async () => {
    const answer = await (await start())('http://evil.example/');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('Location');
  });
});
