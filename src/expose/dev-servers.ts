import { isLoopback } from '../proxy/request/own-hosts.ts';
import { devServerOf } from '../proxy/target/dev-server.ts';
import { commandsAt } from '../proxy/target/listener-process.ts';
import type { Target } from '../proxy/target/target.ts';

/**
 * Returns the URLs of the targets that are development servers on this machine, going by the command lines of the
 * processes that listen there. They only answer to their own host.
 */
export async function devServersOf(targets: readonly Target[]): Promise<Set<string>> {
  const here = targets.filter(
    ({ kind, local, socketPath, host }) => kind === 'http' && !local && !socketPath && isLoopback(host),
  );
  const commands = await commandsAt(here.map(({ port }) => port));
  return new Set(here.filter(({ port }) => commands.get(port)?.some(devServerOf)).map(({ url }) => url));
}
