import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { joinStreams } from '../../proxy/tcp/tunnel.ts';
import type { Tailnet } from '../../tailnet/tailnet.ts';
import { explainDial } from './dial-failure.ts';
import { explainListen } from './listen-failure.ts';

/** A port on loopback that leads into the tailnet. */
export interface LocalDoor {
  port: number;
  close(): Promise<void>;
}

/** Where the connections of a door lead: `read` finds out from the connection itself. */
export type Destination = (socket: Socket) => Promise<{ host: string; port: number; opened?: (error?: Error) => void }>;

/**
 * Opens a port on 127.0.0.1, and on nothing else: whoever connects to it is this user for the tailnet.
 *
 * @throws an error with the code `EADDRINUSE` where the port is taken
 */
export async function openLocalDoor(
  tailnet: Tailnet,
  port: number,
  destination: Destination,
  onFailure: (error: Error) => void,
): Promise<LocalDoor> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    try {
      const { host, port: remotePort, opened } = await destination(socket);
      const remote = await tailnet.dial({ host, port: remotePort, allowHalfOpen: true }).catch((error: Error) => {
        opened?.(error);
        throw explainDial(error, host, remotePort);
      });
      opened?.();
      joinStreams(socket, remote, () => {});
    } catch (error) {
      socket.destroySoon();
      onFailure(error as Error);
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error) => Promise.reject(explainListen(error, port)));
  const close = async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
