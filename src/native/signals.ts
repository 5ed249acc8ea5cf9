import type { Binding } from './binding.ts';

/**
 * Keeps `SA_ONSTACK` on the handlers that libuv installs while the process runs: signals.cc says why.
 *
 * A handler is installed when JavaScript listens to a signal for the first time, and for SIGCHLD when the first child
 * is spawned. The latter has no event, so SIGCHLD is listened to from the start: then libuv keeps that handler.
 */
export function keepSignalHandlersSafe(binding: Binding): void {
  binding.fixSignalHandlers();
  process.on('newListener', (event) => {
    // Node's own listener for newListener came first: by now the handler is installed.
    if (typeof event === 'string' && event.startsWith('SIG')) binding.fixSignalHandlers();
  });
  process.on('SIGCHLD', () => {});
}
