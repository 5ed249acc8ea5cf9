import { isLoopback } from '../proxy/request/own-hosts.ts';
import { devServerOf } from '../proxy/target/dev-server.ts';
import { commandsAt } from '../proxy/target/listener-process.ts';
import type { Target } from '../proxy/target/target.ts';

/**
 * Returns the URLs of the targets that are development servers on this machine, going by the command lines of the
 * processes that listen there. They only answer to their own host.
 */
export async function devServersOf(targets: readonly Target[]): Promise<Set<string>> {
  const urls = new Set<string>();
  for (const { kind, local, socketPath, host, port, url } of targets) {
    if (kind !== 'http' || local || socketPath || !isLoopback(host)) continue;
    if ((await commandsAt(port)).some(devServerOf)) urls.add(url);
  }
  return urls;
}
