/** The first stage of the pipeline: a node that reports what happens to it. */
import { MORE_FILES, TsexposeError, throwUncaught } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { credentialsOf } from '../tailnet/start/credentials.ts';
import { hasLoggedIn } from '../tailnet/start/state-file.ts';
import { stateDirOf } from '../tailnet/state-dir.ts';
import { Tailnet } from '../tailnet/tailnet.ts';
import { claimName, undoJoin } from './claim-name.ts';
import type { JoinOptions } from './options.ts';

/** Returns a function that passes events on. What the receiver throws is an uncaught exception, not our failure. */
export function reporter({ onEvent }: Pick<JoinOptions, 'onEvent'>): (event: ExposeEvent) => void {
  return (event) => {
    try {
      onEvent?.(event);
    } catch (error) {
      throwUncaught(error);
    }
  };
}

/**
 * Brings up a node and reports what happens to it; resolves when the node runs.
 *
 * @param options as `planNode` returns them
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
    // The HTTPS listener reports trouble with certificates itself, and says what it means.
    const news = messages.filter(
      (message) => !unwell.includes(message) && !message.startsWith('Fetching TLS certificate'),
    );
    for (const message of news) report({ event: 'warning', code: 'HEALTH', message });
    unwell = messages;
  });
  tailnet.on('crowded', (message) => report({ event: 'warning', code: 'CROWDED', message, suggestions: MORE_FILES }));
  tailnet.on('fewFiles', (message) =>
    report({ event: 'warning', code: 'FEW_FILES', message, suggestions: MORE_FILES }),
  );
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
  const message = `Another device is named ${options.name}, so the tailnet named this one ${given}.`;
  const suggestions = ['Remove the other device on the machines page of the admin console, or choose another --name.'];
  if (options.requireName) throw new TsexposeError('ERR_TSEXPOSE_NAME_TAKEN', message, { suggestions });
  if (!options.anyName) report({ event: 'warning', code: 'NAME_TAKEN', message, suggestions });
}
