import type { Binding } from './binding.ts';

/**
 * Keeps `SA_ONSTACK` on the handlers that libuv installs while the process runs: signals.cc says why.
 *
 * libuv installs a handler when JavaScript listens to a signal for the first time, and one for SIGCHLD when the first
 * child is spawned. The latter emits no event, so we listen to SIGCHLD from the start, and libuv keeps that handler.
 */
export function keepSignalHandlersSafe(binding: Binding): void {
  binding.fixSignalHandlers();
  process.on('newListener', (event) => {
    // Node's own listener for newListener ran first, so the handler is installed by now.
    if (typeof event === 'string' && event.startsWith('SIG')) binding.fixSignalHandlers();
  });
  process.on('SIGCHLD', () => {});
}
