/** The proxy behind TLS on a loopback port, as a front puts it on tailnet port 443. */
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Identity } from '../../../src/identity/identity.ts';
import { type RigOptions, startProxy } from '../rig.ts';
import { testPair } from '../test-certificate.ts';

/** Starts a proxy with TLS for app.test; it ends with the test. */
export async function startSecureProxy(target: string | number, options: RigOptions = {}) {
  const rig = await startProxy(target, options);
  const accept = terminate(testPair, ['h2', 'http/1.1'], (socket) => rig.proxy.accept(socket));
  const sockets = new Set<net.Socket>();
  const door = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    accept(socket);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    door.close();
  });
  const { port } = door.address() as AddressInfo;
  return { ...rig, port, proxyPort: rig.port, sockets, url: `https://127.0.0.1:${port}` };
}

/** Returns what speaks TLS with callers, as Go does on the ports of an exposure, and passes on the connections. */
export function terminate(pair: typeof testPair, ALPNProtocols: string[], onSecure: (socket: tls.TLSSocket) => void) {
  const server = tls.createServer({ ...pair, ALPNProtocols }, (socket) => {
    // The caller is that of the connection underneath.
    const { _parent: parent } = socket as unknown as { _parent: net.Socket & { identity?: Identity } };
    parent.on('identity', (identity: Identity) => socket.emit('identity', identity));
    Object.defineProperty(socket, 'identity', { get: () => parent.identity });
    onSecure(socket);
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return (socket: net.Socket) => {
    socket.on('error', () => {});
    server.emit('connection', socket);
  };
}

/** Opens an HTTP/2 connection; it ends with the test. */
export function openSession(port: number, options: http2.SecureClientSessionOptions = {}): http2.ClientHttp2Session {
  const session = http2.connect(`https://app.test:${port}`, {
    host: '127.0.0.1',
    lookup: (_name, _options, done) =>
      (done as (e: null, a: { address: string; family: number }[]) => void)(null, [
        { address: '127.0.0.1', family: 4 },
      ]),
    ca: testPair.cert,
    ...options,
  });
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return session;
}

export interface Answer {
  status: number;
  headers: http2.IncomingHttpHeaders;
  trailers: http2.IncomingHttpHeaders;
  text: string;
}

/** Sends one request on a session and reads its answer to the end. */
export async function ask(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Answer> {
  const stream = session.request({ ':authority': 'app.test', ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & { ':status': number }];
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return { status: response[':status'], headers: response, trailers, text };
}
