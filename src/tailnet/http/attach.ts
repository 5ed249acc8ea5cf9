import type net from 'node:net';
import type { TailnetServer } from '../net/server.ts';
import { tellCallers } from './caller.ts';
import { closeIdleWith } from './idle.ts';

/** Hands the connections of a tailnet port to a server that exists; see `Tailnet.attach`. */
export function attach(server: net.Server, port: TailnetServer): TailnetServer {
  tellCallers(server);
  let tracking = server.listening;
  server.once('listening', () => {
    tracking = true;
  });
  port.on('connection', (socket) => {
    // Node starts its timeouts and closeIdleConnections() at 'listening'; this server may never listen by itself.
    if (!tracking) server.emit('listening');
    server.emit('connection', socket);
  });
  closeIdleWith(port, server);
  server.once('close', () => port.close());
  return port;
}
