// Only type-checked, not run: `npm run test:types`.
import type dgram from 'node:dgram';
import http from 'node:http';
import type http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import {
  type Identity,
  identityFromHeaders,
  Tailnet,
  type TailnetChange,
  type TailnetDatagramSocket,
  TailnetServer,
  TailnetSocket,
  type TailnetStatus,
} from 'tsexpose';
import { type Dispatcher, fetch as undiciFetch } from 'undici';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

// The node.
declare const tailnet: Tailnet;
same<ReturnType<typeof Tailnet.up>, Promise<Tailnet>>(true);
// @ts-expect-error hostname is required
Tailnet.up({ authKey: 'tskey-auth-x' });
// @ts-expect-error not a value of login
Tailnet.up({ hostname: 'x', login: 'maybe' });
tailnet.on('login', (url) => same<typeof url, string>(true));
tailnet.on('health', (messages) => same<typeof messages, string[]>(true));
// @ts-expect-error no such event
tailnet.on('lagin', () => {});
same<Awaited<ReturnType<typeof tailnet.status>>, TailnetStatus>(true);
tailnet.whois('100.64.0.1:80');
tailnet.whois(new net.Socket());
tailnet.createServer((req) => tailnet.whois(req));
// @ts-expect-error not part of the public API
tailnet.handle;

// Changes.
async function watch(): Promise<void> {
  for await (const change of tailnet.watch({ signal: AbortSignal.timeout(1) })) {
    same<typeof change, TailnetChange>(true);
    if (change.type === 'peer') same<typeof change.peer.ips, string[]>(true);
    // @ts-expect-error only a change of type peer has a peer
    if (change.type === 'login') change.peer;
  }
}
void watch;

// Sockets.
async function sockets(): Promise<void> {
  const server = await tailnet.listen(80);
  same<typeof server, TailnetServer>(true);
  server.on('connection', (socket) => same<typeof socket, TailnetSocket>(true));
  for await (const socket of server) same<typeof socket.identity, Identity>(true);
  const plain: net.Socket = await tailnet.dial({ host: 'db', port: 5432 });
  plain.end();
  // @ts-expect-error a port is a number
  tailnet.connect({ host: 'db', port: '5432' });
  const socket: TailnetDatagramSocket = tailnet.createSocket('udp4', (message, { identity }) => {
    same<typeof message, Buffer>(true);
    same<typeof identity, Identity>(true);
  });
  // Methods that both have take the same arguments.
  const common: Pick<dgram.Socket, 'address' | 'disconnect'> = socket;
  void common;
  await using disposed = server;
  void disposed;
}
void sockets;

// HTTP.
const server: http.Server = tailnet.createServer((req, res) => {
  same<typeof req.tailscale, Identity | undefined>(true);
  res.end();
});
tailnet.createServer({ keepAliveTimeout: 1 });
const makeServer: typeof http.createServer = http.createServer;
void [server, makeServer];
same<ReturnType<typeof tailnet.createSecureServer>, http2.Http2SecureServer>(true);
const secure: https.Server = tailnet.createSecureServer({ minVersion: 'TLSv1.3' }, (req) => void req.tailscale?.login);
const modern: http2.Http2SecureServer = tailnet.createSecureServer({ http2: true }, (req) => void req.tailscale?.login);
tailnet.attach(secure, { port: 443 });
tailnet.attach(modern, { port: 444 });
const dispatcher: Dispatcher = tailnet.dispatcher({ connect: { ca: '' } });
undiciFetch('http://x', { dispatcher });
const fetch: typeof globalThis.fetch = tailnet.fetch;
http.get('http://x', { agent: tailnet.agent({ maxSockets: 1 }) });
https.get('https://x', { agent: tailnet.secureAgent({ ca: '' }) });
const response: Promise<Response> = tailnet.localApi('PATCH', 'prefs', { HostnameSet: true }, {});
void [fetch, response];

// Identity.
declare const identity: Identity;
same<Identity['kind'], 'user' | 'tagged' | 'funnel' | 'unknown'>(true);
// @ts-expect-error an unknown caller has no node
identity.node.name;
same<ReturnType<typeof identityFromHeaders>, Identity>(true);
declare const request: http.IncomingMessage;
identityFromHeaders(request.headers);
identityFromHeaders(new Headers());

// @ts-expect-error the constructor is internal
new TailnetServer({ port: 80 });
void TailnetSocket;
