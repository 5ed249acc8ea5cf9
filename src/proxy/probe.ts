/** Whether the service is there at all: asked once at the start, so that the warning comes before the first caller. */
import { connect } from 'node:net';
import type { Target } from './target.ts';

const PATIENCE_MS = 1000;

/**
 * Tells why nobody would get an answer from the target just now, with the cure; undefined when something listens.
 */
export function whyUnreachable(target: Target): Promise<{ message: string; suggestions: string[] } | undefined> {
  if (target.local) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = target.socketPath ? connect(target.socketPath) : connect(target.port, target.host);
    const settle = (problem?: string) => {
      socket.destroy();
      const suggestions = ['Start the service; callers get it as soon as it listens.'];
      resolve(problem ? { message: `Nothing answers at ${target.url} yet: ${problem}.`, suggestions } : undefined);
    };
    socket.setTimeout(PATIENCE_MS, () => settle(`no connection within ${PATIENCE_MS} ms`));
    socket.once('connect', () => settle());
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}
