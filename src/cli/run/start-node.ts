import type { JoinOptions } from '../../expose/options.ts';
import { stateDirOf } from '../../tailnet/state-dir.ts';
import { launcher } from '../background/launcher.ts';
import { isAbort } from '../failure.ts';
import { isInteractive } from '../screen/open-screen.ts';
import { FreshState } from './fresh-state.ts';
import { JoinTimeout } from './join-timeout.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Starts a node. In a terminal it waits for a person to log in; elsewhere a needed login is an error. A node that never
 * logs in leaves no state behind.
 */
export async function startNode<Options extends JoinOptions, Started>(
  options: Options,
  shutdown: Shutdown,
  start: (options: Options) => Promise<Started>,
): Promise<Started> {
  const stateDir = stateDirOf(options);
  const fresh = stateDir === undefined ? undefined : new FreshState(stateDir);
  try {
    return await startWithLogin({ ...options, stateDir }, shutdown, start);
  } catch (error) {
    fresh?.removeUnused();
    throw error;
  }
}

async function startWithLogin<Options extends JoinOptions, Started>(
  options: Options,
  shutdown: Shutdown,
  start: (options: Options) => Promise<Started>,
): Promise<Started> {
  if (!isInteractive() && !launcher()?.watched) return start({ ...options, login: 'fail', signal: shutdown.signal });
  using timeout = new JoinTimeout(options.timeout);
  try {
    return await start({
      ...options,
      login: 'wait',
      timeout: 0,
      signal: AbortSignal.any([shutdown.signal, timeout.signal]),
      onEvent: (event) => {
        timeout.observe(event);
        options.onEvent?.(event);
      },
    });
  } catch (error) {
    throw isAbort(error) && !shutdown.cause ? timeout.error : error;
  }
}
