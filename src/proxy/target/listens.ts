import { connect } from 'node:net';
import type { Target } from './target-types.ts';

/** How long one attempt to connect may take, in milliseconds. */
const CONNECT_MS = 1000;

/** Returns whether a target accepts connections. */
export function listens({ socketPath, host, port }: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath ? { path: socketPath } : { host, port });
    const settle = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket
      .setTimeout(CONNECT_MS, () => settle(false))
      .once('connect', () => settle(true))
      .once('error', () => settle(false));
  });
}
