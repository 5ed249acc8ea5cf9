import { abortError, TsexposeError } from '../../errors.ts';
import type { Runtime } from '../../native/runtime.ts';
import { checkServiceName } from '../service.ts';
import { TailnetServer } from './server.ts';
import { systemError } from './system-error.ts';

/** How to listen on a tailnet port. */
export interface ListenOptions {
  /** How many connections may wait for a busy event loop before further ones are refused. @default 4096 */
  backlog?: number;
  /** Whether sockets stay writable after the peer has ended its side; they then have to be ended. @default false */
  allowHalfOpen?: boolean;
  /**
   * Whether the port is open to the internet as well, through Tailscale Funnel: 443, 8443 or 10000. Connections are raw
   * either way; visitors from the internet have the identity kind `funnel`. @default false
   */
  funnel?: boolean;
  /**
   * A Tailscale Service such as `svc:web`, whose port it is instead of the node's own: the node is a host of it while it
   * listens. See `Tailnet.hostService`. @default none
   */
  service?: string;
  /** Closes the server, or gives up before it listens. */
  signal?: AbortSignal;
}

/**
 * Opens a tailnet port of a node; see `Tailnet.listen`.
 *
 * @internal
 */
export async function listen(
  runtime: Runtime,
  node: number,
  port: number,
  { backlog = 4096, allowHalfOpen = false, funnel = false, service, signal }: ListenOptions,
  ips: () => string[],
): Promise<TailnetServer> {
  checkPort(port);
  if (service !== undefined) checkServiceName(service);
  const config = JSON.stringify({ funnel, service });
  const opened = await runtime
    .call<{ listener: number; port: number }>(
      (b, request) => b.nodeListen(node, request, port, backlog, config),
      signal,
    )
    .catch((error) => Promise.reject(systemError(error, { syscall: 'listen', address: ips()[0], port })));
  const server = new TailnetServer({ handle: opened.listener, port: opened.port, ips, allowHalfOpen });
  const close = () => server.close();
  if (signal?.aborted) {
    await close();
    throw abortError(signal);
  }
  signal?.addEventListener('abort', close);
  server.once('closing', () => signal?.removeEventListener('abort', close));
  return server;
}

/** @internal */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `Expected a port from 0 to 65535, got ${port}.`);
}
