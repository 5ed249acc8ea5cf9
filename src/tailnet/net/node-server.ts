import type net from 'node:net';
import type { TailnetSocket } from './socket.ts';

/** A `net.Server` with what it keeps for itself. Servers of http, https, http2 and tls have it too. */
export interface NodeServer extends net.Server {
  /** How many connections are open. */
  _connections: number;
  /** Emits `'close'` if the server neither listens nor has connections. */
  _emitCloseIfDrained(): void;
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  highWaterMark: number;
}

/** Returns how a server wants its sockets, as its own `listen` would create them. */
export function socketOptions(
  server: net.Server,
): Pick<NodeServer, 'allowHalfOpen' | 'pauseOnConnect' | 'highWaterMark'> {
  const { allowHalfOpen, pauseOnConnect, highWaterMark } = server as NodeServer;
  return { allowHalfOpen, pauseOnConnect, highWaterMark };
}

/**
 * Passes a connection from a port to a server as if the server had accepted it: within its `maxConnections`, and among the
 * connections that its `'close'` waits for.
 */
export function passOn(given: net.Server, socket: TailnetSocket, port: { listening: boolean }): void {
  const server = given as NodeServer;
  const { maxConnections } = server;
  if (typeof maxConnections === 'number' && server._connections >= maxConnections) {
    server.emit('drop', dropArgument(socket));
    socket.destroy();
    return;
  }
  server._connections += 1;
  socket.atEnd(() => {
    server._connections -= 1;
    if (!port.listening) server._emitCloseIfDrained();
  });
  socket.server = server;
  server.emit('connection', socket);
}

/** Returns what the event `'drop'` says about a connection. */
export function dropArgument(socket: TailnetSocket): net.DropArgument {
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket;
  return { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily };
}

/** Returns the error that `net.Server` reports when it is closed without listening. */
export function notRunning(): Error {
  return Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });
}

/** Returns the options of accepted sockets. */
export function acceptedSocket({
  allowHalfOpen,
  pauseOnConnect,
  highWaterMark,
}: Partial<ReturnType<typeof socketOptions>>): net.SocketConstructorOpts {
  return {
    allowHalfOpen,
    ...(pauseOnConnect && { pauseOnCreate: true }),
    ...(highWaterMark !== undefined && { readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark }),
  };
}
