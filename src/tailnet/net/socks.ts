import type { Runtime } from '../../native/runtime.ts';
import { closeOnce, type ForwardedPort } from './forward.ts';
import { checkPort } from './ports.ts';
import { systemError } from './system-error.ts';

/** A SOCKS5 client that did not get where it wanted. */
export interface SocksFailure {
  /** Where it wanted to go; absent if its request could not be read. */
  host?: string;
  port?: number;
  error: { code: string; message: string };
}

/**
 * Opens a SOCKS5 proxy on a port of 127.0.0.1, where 0 picks a free one. Its clients reach the tailnet as this node, and
 * nothing else. Their bytes never reach JavaScript. Closing it cuts the clients.
 *
 * @internal
 */
export async function openSocks(
  runtime: Runtime,
  node: number,
  port: number,
  onFailure: (failure: SocksFailure) => void,
  onClosed: () => void,
): Promise<ForwardedPort> {
  checkPort(port);
  const opened = await runtime
    .call<{ listener: number; port: number }>((b, request) => b.nodeSocks5(node, request, port))
    .catch((error) => Promise.reject(systemError(error, { syscall: 'listen', address: '127.0.0.1', port })));
  runtime.updates.set(opened.listener, (update) => onFailure(update as unknown as SocksFailure));
  return {
    port: opened.port,
    close: closeOnce(runtime, opened.listener, () => {
      runtime.updates.delete(opened.listener);
      onClosed();
    }),
  };
}
