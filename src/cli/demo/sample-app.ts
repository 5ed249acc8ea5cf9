import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identityFromHeaders } from '../../identity/from-headers.ts';
import { type Greeting, samplePage } from './sample-page.ts';

/** Headers that the proxy sets. */
const SET_BY_PROXY = /^(tailscale-|x-forwarded-|host$)/i;

export interface SampleApp extends AsyncDisposable {
  /** Such as `127.0.0.1:41234`. */
  readonly target: string;
}

/**
 * Starts the app of the demo, an ordinary local HTTP server. It responds with who is calling, as a page, or as JSON if
 * the caller accepts JSON.
 */
export async function startSampleApp(): Promise<SampleApp> {
  const server = createServer((request, response) => {
    const greeting = greet(request);
    if (request.headers.accept?.includes('application/json')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(greeting));
      return;
    }
    const security = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:";
    const type = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': security };
    response.writeHead(200, { ...type, 'referrer-policy': 'no-referrer' }).end(samplePage(greeting));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { target: `127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

function greet({ headers, rawHeaders }: IncomingMessage): Greeting {
  const received: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (SET_BY_PROXY.test(rawHeaders[i]!)) received.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  }
  const { login, name, picture } = identityFromHeaders(headers);
  return { login, name, picture, headers: received };
}
