import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { noBrowser, TestBrowser } from '../chat/web/browser.ts';
import { useFronts } from './rig.ts';

/** What the page does; the browser's types are not those of these tests. */
const LOOK_AROUND = `(async () => {
  await fetch('/again');
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const socket = new WebSocket('wss://' + location.host);
  const greeting = await new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = reject;
  });
  return { greeting, protocols: entries.map(({ nextHopProtocol }) => nextHopProtocol), secure: isSecureContext };
})()`;

/** What Chromium calls the certificate that it is to take: our root is in no store of its own. */
function pin(socket: TLSSocket): string {
  const key = socket.getPeerX509Certificate()!.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

describe.skipIf(noBrowser)('a browser', () => {
  const front = useFronts();

  /** A service with a page, and a WebSocket that says who has opened it. */
  const service = async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>app</title>');
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, request) => {
      socket.send(`${request.httpVersion} ${request.headers['tailscale-user-login']}`);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    front.ends.push(() => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  it('gets pages by HTTP/2 in a secure context, and WebSockets beside them', async () => {
    const { fqdn } = await front.expose(await service());
    const { port } = await front.door('bob', 'app:443');
    const known = await front.tlsSocket('bob');
    await using browser = await TestBrowser.open({}, [
      `--host-resolver-rules=MAP ${fqdn}:443 127.0.0.1:${port}`,
      `--ignore-certificate-errors-spki-list=${pin(known)}`,
    ]);
    const page = await browser.context.newPage();
    await page.goto(`https://${fqdn}/`);
    const seen = await page.evaluate(LOOK_AROUND);
    expect(seen).toEqual({ greeting: '1.1 bob@example.com', protocols: ['h2', 'h2'], secure: true });
  });

  it('does not get in by another name', async () => {
    await front.expose(await service());
    const { port } = await front.door('bob', 'app:443');
    const known = await front.tlsSocket('bob');
    await using browser = await TestBrowser.open({}, [
      `--host-resolver-rules=MAP other.sandbox.ts.net:443 127.0.0.1:${port}`,
      `--ignore-certificate-errors-spki-list=${pin(known)}`,
    ]);
    const page = await browser.context.newPage();
    await expect(page.goto('https://other.sandbox.ts.net/')).rejects.toThrow(/ERR_SSL|ERR_CONNECTION/);
  });
});
