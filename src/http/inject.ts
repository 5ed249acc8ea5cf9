import type net from 'node:net';
import tls from 'node:tls';
import type { TailnetSocket } from '../native/socket.ts';

/** Hands a connection to a server, as Node documents it for `http`, `https` and `http2` servers. */
export function inject(server: net.Server, socket: TailnetSocket): void {
  // Nobody else listens to a socket under TLS, and a peer's reset must not end the process.
  if (server instanceof tls.Server) socket.on('error', () => {});
  server.emit('connection', socket);
}

/** Whether a server wants its sockets half-open, as Node gives them to it: TLS ends both ways together. */
export function takesHalfOpen(server: net.Server): boolean {
  return !(server instanceof tls.Server);
}
