/** A proxy on a loopback port, with a caller of the test's choice at the other end of every connection. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { Gate, type GateOptions } from '../../src/access/gate.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { type ProxyOptions, ProxyServer } from '../../src/proxy/proxy.ts';
import { OwnHosts } from '../../src/proxy/request/own-hosts.ts';
import { parseTarget, type Target } from '../../src/proxy/target/target.ts';
import { alice } from '../identity/callers.ts';

export interface Rig {
  port: number;
  url: string;
  proxy: ProxyServer;
}

export type RigOptions = Partial<Omit<ProxyOptions, 'target' | 'gate'>> & { gate?: GateOptions; caller?: Identity };

/** Starts a proxy in front of a target; it ends with the test. */
export async function startProxy(target: string | number | Target, options: RigOptions = {}): Promise<Rig> {
  const { gate, caller = alice, ...rest } = options;
  const proxy = new ProxyServer({
    identify: () => caller,
    own: new OwnHosts(['*']),
    ...rest,
    target: typeof target === 'object' ? target : parseTarget(String(target)),
    gate: new Gate(gate),
  });
  // As TailnetSocket and Node's own HTTP server have it: half a connection may end first.
  const door = net.createServer({ allowHalfOpen: true }, (socket) => proxy.accept(socket));
  const port = await listen(door);
  onTestFinished(async () => {
    door.close();
    await proxy.close({ timeout: 0 });
  });
  return { port, url: `http://127.0.0.1:${port}`, proxy };
}

/** Starts an app on Node's own HTTP server; it ends with the test. */
export async function startApp(listener: RequestListener): Promise<{ port: number; server: HttpServer }> {
  const server = createServer(listener);
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, server };
}

/** Starts an app that speaks bytes; its connections end with the test. */
export async function startRawApp(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}));
    onConnection(socket);
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

/** Everything that arrives until the connection closes. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

/** Sends bytes on a connection of their own and reads until the proxy closes it. */
export async function exchangeRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {});
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return readAll(socket);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A promise and the function that resolves it (Node 20 has no `Promise.withResolvers`). */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
