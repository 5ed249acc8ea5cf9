import type { JoinOptions } from '../../expose/options.ts';
import { stateDirOf } from '../../tailnet/state-dir.ts';
import { isAbort } from '../failure.ts';
import { isSomebodyThere } from '../screen/screen.ts';
import { FreshState } from './fresh-state.ts';
import { Patience } from './patience.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Starts a node with the patience that fits whoever waits for it: a program, or a person who may have to log in. One
 * that never gets as far as logging in leaves nothing.
 */
export async function startNode<Options extends JoinOptions, Started>(
  options: Options,
  shutdown: Shutdown,
  start: (options: Options) => Promise<Started>,
): Promise<Started> {
  const stateDir = stateDirOf(options);
  const fresh = stateDir === undefined ? undefined : new FreshState(stateDir);
  try {
    return await startPatiently({ ...options, stateDir }, shutdown, start);
  } catch (error) {
    fresh?.removeUnused();
    throw error;
  }
}

async function startPatiently<Options extends JoinOptions, Started>(
  options: Options,
  shutdown: Shutdown,
  start: (options: Options) => Promise<Started>,
): Promise<Started> {
  if (!isSomebodyThere()) return start({ ...options, login: 'fail', signal: shutdown.signal });
  using patience = new Patience(options.timeout);
  try {
    return await start({
      ...options,
      login: 'wait',
      timeout: 0,
      signal: AbortSignal.any([shutdown.signal, patience.signal]),
      onEvent: (event) => {
        patience.notice(event);
        options.onEvent?.(event);
      },
    });
  } catch (error) {
    throw isAbort(error) && !shutdown.cause ? patience.error : error;
  }
}
