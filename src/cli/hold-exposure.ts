import { EXIT, TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import type { ExposeOptions, Exposure } from '../expose.ts';
import { type PublishedInstance, publishInstance } from '../instance.ts';
import type { Ending, EndingCause } from './ending.ts';
import { isAbort } from './failure.ts';
import { Patience } from './patience.ts';
import { isSomebodyThere, type Screen } from './screen.ts';

export interface HoldOptions {
  options: ExposeOptions;
  screen: Screen;
  ending: Ending;
  /** Whether the node's own log is shown. */
  verbose?: boolean;
  /** Called once the service is on the tailnet. */
  onReady?: (exposure: Exposure) => Promise<void>;
}

/**
 * Puts a service on the tailnet and holds it there until something ends it; resolves with the exit code. Nothing is
 * left afterwards, however it ends.
 */
export async function holdExposure({ options, screen, ending, verbose, onReady }: HoldOptions): Promise<number> {
  const report = (event: ExposeEvent) => {
    const reason = ending.cause?.reason;
    screen.show(event.event === 'closed' && reason ? { ...event, reason } : event);
  };
  const log = verbose ? (line: string) => screen.log(line) : undefined;
  try {
    const exposure = await start({ ...options, log, onEvent: report }, ending);
    const instance = await publish(exposure, ending).catch((error) => warnUnpublished(error, screen));
    try {
      await onReady?.(exposure);
      const closed = exposure.closed.then(() => ending.end(stopped()));
      await Promise.race([ending.wait(), closed]);
      if (ending.cause?.exit === EXIT.interrupted) screen.showStopping();
    } finally {
      await Promise.all([exposure.close(), instance?.close()]);
    }
  } catch (error) {
    if (!isAbort(error) || !ending.cause) throw error;
    // Ended while it started: there was nothing to close yet.
    report({ event: 'closed', reason: ending.cause.reason });
  }
  const { error, exit } = await ending.wait();
  if (error) throw error;
  return exit;
}

async function start(options: ExposeOptions, ending: Ending): Promise<Exposure> {
  // The addon is loaded for those who start a node.
  const { expose } = await import('../expose.ts');
  if (!isSomebodyThere()) return expose({ ...options, login: 'fail', signal: ending.signal });
  using patience = new Patience(options.timeout);
  try {
    return await expose({
      ...options,
      login: 'wait',
      timeout: 0,
      signal: AbortSignal.any([ending.signal, patience.signal]),
      onEvent: (event) => {
        patience.notice(event);
        options.onEvent?.(event);
      },
    });
  } catch (error) {
    throw isAbort(error) && !ending.cause ? patience.error : error;
  }
}

function publish(exposure: Exposure, ending: Ending): Promise<PublishedInstance> {
  const { tailnet, target, urls } = exposure;
  return publishInstance({
    status: async () => {
      const {
        state,
        name,
        fqdn,
        ips,
        tailnet: tailnetName,
        user,
        tags,
        keyExpiry,
        health,
        peers,
      } = await tailnet.status();
      const known = { name, fqdn, ips, urls, target, state, tags, keyExpiry, health };
      return { ...known, tailnet: tailnetName, user: user?.login ?? '', peers: peers.length };
    },
    whois: (address) => tailnet.whois(address),
    close: () => ending.end({ reason: 'asked to close', exit: EXIT.done }),
  });
}

function stopped(): EndingCause {
  const error = new TsexposeError('ERR_TSEXPOSE_NODE_CLOSED', 'The node stopped by itself.');
  return { reason: 'the node stopped', exit: EXIT.failed, error };
}

/** Without its control socket the service still serves; only `whois` and `status` do not find it. */
function warnUnpublished(error: unknown, screen: Screen): undefined {
  if (!(error instanceof TsexposeError)) throw error;
  const { code, message, suggestions } = error;
  screen.show({ event: 'warning', code, message, suggestions });
}
