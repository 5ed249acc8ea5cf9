import { isLoopback } from '../proxy/request/own-hosts.ts';
import { devServerOf } from '../proxy/target/dev-server.ts';
import { commandsAt } from '../proxy/target/listener-process.ts';
import type { Target } from '../proxy/target/target.ts';
import type { PortPlan } from './ports.ts';

/** The development servers among the targets. */
export interface DevServers {
  /** Their URLs: they only answer to their own host. */
  urls: ReadonlySet<string>;
  /** The ports of those whose pages open their WebSocket there, whatever port the page came from. */
  ownPorts: readonly number[];
}

/**
 * Returns the targets that are development servers on this machine, going by the command lines of the processes that
 * listen there.
 */
export async function devServersOf(targets: readonly Target[]): Promise<DevServers> {
  const here = targets.filter(
    ({ kind, local, socketPath, host }) => kind === 'http' && !local && !socketPath && isLoopback(host),
  );
  const commands = await commandsAt(here.map(({ port }) => port));
  const found = here.flatMap(({ url, port }) => {
    const server = commands.get(port)?.map(devServerOf).find(Boolean);
    return server ? [{ url, port, ownPort: server.ownPort ?? false }] : [];
  });
  return {
    urls: new Set(found.map(({ url }) => url)),
    ownPorts: [...new Set(found.filter(({ ownPort }) => ownPort).map(({ port }) => port))],
  };
}

/** Adds the ports at which the pages of development servers open their WebSocket. They lead where port 80 does. */
export function withOwnPorts(ports: readonly PortPlan[], { ownPorts }: DevServers): readonly PortPlan[] {
  const plain = ports.find(({ port, speech }) => port === 80 && speech === 'http');
  const missing = ownPorts.filter((wanted) => !ports.some(({ port }) => port === wanted));
  return plain ? [...ports, ...missing.map((port) => ({ ...plain, port, speech: 'sockets' as const }))] : ports;
}
