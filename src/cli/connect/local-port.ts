import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { joinStreams } from '../../proxy/tunnel.ts';
import type { SocksFailure } from '../../tailnet/net/socks.ts';
import type { Tailnet } from '../../tailnet/tailnet.ts';
import { explainDial } from './dial-failure.ts';
import { explainListen } from './listen-failure.ts';

/** A port on loopback that leads to the tailnet. */
export interface LocalPort {
  port: number;
  close(): Promise<void>;
}

/**
 * Opens a port on 127.0.0.1 and connects its clients to a port on the tailnet. It listens on loopback only, because its
 * clients act as this node.
 *
 * @throws an error with the code `EADDRINUSE` if the port is taken
 */
export async function openLocalPort(
  tailnet: Tailnet,
  port: number,
  remote: { host: string; port: number },
  onFailure: (error: Error) => void,
): Promise<LocalPort> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    try {
      joinStreams(socket, await tailnet.dial({ ...remote, allowHalfOpen: true }), () => {});
    } catch (error) {
      socket.destroySoon();
      onFailure(explainDial(error as Error, remote.host, remote.port));
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

/**
 * Opens a SOCKS5 proxy on a port of 127.0.0.1, for every name and port on the tailnet.
 *
 * @throws an error with the code `EADDRINUSE` if the port is taken
 */
export function openSocksPort(tailnet: Tailnet, port: number, onFailure: (error: Error) => void): Promise<LocalPort> {
  const explain = ({ host, port: remotePort = 0, error }: SocksFailure) => {
    if (host === undefined) return new Error(`SOCKS5: ${error.message}`);
    return explainDial(Object.assign(new Error(error.message), { code: error.code }), host, remotePort);
  };
  return tailnet
    .socks5(port, (failure) => onFailure(explain(failure)))
    .catch((error) => Promise.reject(explainListen(error, port)));
}
