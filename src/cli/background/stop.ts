import type { RunningNode } from '../../control-socket/client.ts';
import { TsexposeError } from '../../errors.ts';
import { untilEnded } from './process.ts';

/** How long a node may take, in milliseconds: requests in flight, and then its app, get five seconds each. */
const LONGEST_MS = 20_000;
/** What a request fails with if the process has just ended by itself. */
const GONE = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT'];

/**
 * Stops a running node, and waits until its process has ended.
 *
 * @throws `ERR_TSEXPOSE_TIMEOUT` if it has not in time
 */
export async function stopNode(node: RunningNode, timeout = LONGEST_MS): Promise<void> {
  const { name, pid } = node.found;
  await node.close().catch((error: NodeJS.ErrnoException) => {
    if (!GONE.includes(error.code ?? '')) throw error;
  });
  if (await untilEnded(pid, timeout)) return;
  const message = `${name} (process ${pid}) is still running after ${timeout / 1000} seconds.`;
  throw new TsexposeError('ERR_TSEXPOSE_TIMEOUT', message, { suggestions: [`kill -KILL ${pid}`] });
}
