/** The first stage of the pipeline: a node that says how it fares. */
import { TsexposeError, throwUncaught } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { credentialsOf } from '../tailnet/start/credentials.ts';
import { hasLoggedIn } from '../tailnet/start/state-file.ts';
import { stateDirOf } from '../tailnet/state-dir.ts';
import { Tailnet, type UpOptions } from '../tailnet/tailnet.ts';
import { claimName, undoJoin } from './claim-name.ts';

/** How a node joins the tailnet. The names are those of the command line's flags. */
export interface JoinOptions extends UpOptions {
  /** The name on the tailnet, a DNS label. */
  name: string;
  /** Whether to fail with `ERR_TSEXPOSE_NAME_TAKEN` when the tailnet gives another name. @default false */
  requireName?: boolean;
  /** Whether any other name is as good, as for a host of a Service. @default false */
  anyName?: boolean;
  /** Auth key or OAuth client secret. @default the `TS_AUTHKEY` variable */
  authKey?: string;
  /** Control server. @default Tailscale's */
  controlUrl?: string;
  /** Directory for the node's keys. @default one for this name and control server under the user's state directory */
  stateDir?: string;
  /** Whether to start as a new node, and keep a copy of the state that there is. @default false */
  resetState?: boolean;
  /** Whether the control server forgets the node as soon as it leaves; its keys are then kept nowhere. @default false */
  ephemeral?: boolean;
  /** Tags to ask for. @default [] */
  tags?: string[];
  /** Whether the node's log is uploaded to Tailscale for their support. @default false */
  supportLogs?: boolean;
  /** Receives everything that happens, from the first state to the end. */
  onEvent?: (event: ExposeEvent) => void;
  /** Receives the node's own log, line by line. */
  log?: (line: string) => void;
}

/**
 * Passes events on. What the receiver throws is an uncaught exception, and no failure of whatever it was told about.
 */
export function reporter({ onEvent }: JoinOptions): (event: ExposeEvent) => void {
  return (event) => {
    try {
      onEvent?.(event);
    } catch (error) {
      throwUncaught(error);
    }
  };
}

/**
 * Brings up a node and reports what happens to it; resolves when it runs.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_NAME_TAKEN` with `requireName`, and everything that `Tailnet.up` throws
 */
export async function joinTailnet(options: JoinOptions): Promise<Tailnet> {
  const report = reporter(options);
  const config = { ...nodeOptions(options), hostname: options.name, log: options.log };
  const isNew = config.stateDir !== undefined && (options.resetState || !hasLoggedIn(config.stateDir));
  const tailnet = new Tailnet(config);
  tailnet.on('state', (state, message) => report({ event: 'state', state, ...(message && { message }) }));
  tailnet.on('login', (url) => report({ event: 'login', url }));
  let unwell: string[] = [];
  tailnet.on('health', (messages) => {
    // What it says about certificates is told by the front, with what it means.
    const news = messages.filter(
      (message) => !unwell.includes(message) && !message.startsWith('Fetching TLS certificate'),
    );
    for (const message of news) report({ event: 'warning', code: 'HEALTH', message });
    unwell = messages;
  });
  try {
    await tailnet.up(options);
    if (tailnet.name !== options.name) {
      const given = tailnet.name;
      // The name may have become free since this node was given another one.
      if (options.requireName && !isNew && (await claimName(tailnet))) return tailnet;
      if (options.requireName && isNew && credentialsOf(config).authKey) await undoJoin(tailnet, config);
      nameTaken(options, given, report);
    }
    return tailnet;
  } catch (error) {
    await tailnet.close({ timeout: 0 });
    throw error;
  }
}

function nodeOptions(options: JoinOptions) {
  const { authKey, controlUrl, resetState, ephemeral, tags, supportLogs } = options;
  return { authKey, controlUrl, stateDir: stateDirOf(options), resetState, ephemeral, tags, supportLogs };
}

function nameTaken(options: JoinOptions, given: string, report: (event: ExposeEvent) => void): void {
  const message = `Expected the name ${options.name}, and the tailnet gave ${given}: another device has that name.`;
  const suggestions = ['Remove the other device on the machines page of the admin console, or choose another --name.'];
  if (options.requireName) throw new TsexposeError('ERR_TSEXPOSE_NAME_TAKEN', message, { suggestions });
  if (!options.anyName) report({ event: 'warning', code: 'NAME_TAKEN', message, suggestions });
}
