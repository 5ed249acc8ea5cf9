import { setTimeout as sleep } from 'node:timers/promises';
import { TsexposeError } from '../../errors.ts';
import { listens } from '../../proxy/target/probe.ts';
import type { Target } from '../../proxy/target/target.ts';

/** How often to look, in milliseconds. */
const POLL_MS = 200;

export interface WaitOptions {
  /** Milliseconds; 0 for no limit. */
  timeout: number;
  signal: AbortSignal;
  /** Called if the app does not listen yet. */
  onWait: (target: Target) => void;
}

/**
 * Waits until every target accepts connections.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_COMMAND` if one does not in time
 */
export async function waitForApp(targets: readonly Target[], options: WaitOptions): Promise<void> {
  const deadline = options.timeout > 0 ? Date.now() + options.timeout : Number.POSITIVE_INFINITY;
  for (const target of targets) {
    for (let first = true; !(await listens(target)); first = false) {
      if (first) options.onWait(target);
      if (Date.now() > deadline) throw neverListened(target, options.timeout);
      await sleep(POLL_MS, undefined, { signal: options.signal });
    }
  }
}

function neverListened({ url, port }: Target, timeout: number): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_COMMAND', `Nothing listens on ${url} after ${timeout / 1000} s.`, {
    suggestions: [
      'Start the app in the background before tsexpose, or let tsexpose start it: tsexpose ci -- npm start',
      ...(port ? [`tsexpose ci ${port} --timeout 5m`] : []),
    ],
  });
}
