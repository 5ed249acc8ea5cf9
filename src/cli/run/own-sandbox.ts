import { EXIT, TsexposeError } from '../../errors.ts';
import type { JoinOptions } from '../../expose/options.ts';
import { isStartedByNpx } from '../../installation.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import { isTyped } from '../flags/environment.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Starts a sandbox that lives as long as the command. Call this before the addon is loaded, because the addon reads
 * the environment only then.
 */
export async function startOwnSandbox(shutdown: Shutdown, options: SandboxOptions = {}): Promise<Sandbox> {
  const { Sandbox } = await import('../../sandbox/sandbox.ts');
  const binary = await findOrFetch(shutdown.signal);
  const sandbox = await Sandbox.start({ binary, ...options, signal: shutdown.signal });
  sandbox.once('exit', (error) => shutdown.end({ reason: 'the sandbox exited', exit: EXIT.failed, error }));
  Object.assign(process.env, sandbox.env);
  return sandbox;
}

/** Returns the sandbox program. `npx` has nowhere to install it, so there it is fetched. */
async function findOrFetch(signal: AbortSignal): Promise<string> {
  try {
    const { findProgram } = await import('../../sandbox/program.ts');
    return findProgram();
  } catch (error) {
    const missing = error instanceof TsexposeError && error.code === 'ERR_TSEXPOSE_SANDBOX';
    if (!missing || !isStartedByNpx()) throw error;
    const { fetchProgram } = await import('../../sandbox/fetch-program.ts');
    return await fetchProgram({ signal, onFetch: (sentence) => process.stderr.write(`${sentence}\n`) });
  }
}

/**
 * Refuses flags that say which tailnet to join. Variables that say so are for other times, and do not count.
 *
 * @param words the words of the command line
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE`
 */
export function refuseOtherTailnet(words: readonly string[]): void {
  const other = ['auth-key', 'control-url'].find((flag) => isTyped(words, flag));
  if (!other) return;
  const message = `--sandbox cannot be combined with --${other}: its node joins the private tailnet on this machine.`;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, {
    suggestions: [`Leave out --${other}.`, 'Leave out --sandbox.'],
  });
}

/** Returns options for an ephemeral node in a sandbox, owned by Alice. */
export function inSandbox(node: JoinOptions, sandbox: Sandbox): JoinOptions {
  const { controlUrl } = sandbox;
  return { ...node, controlUrl, authKey: sandbox.authKey('alice'), stateDir: undefined, ephemeral: true };
}
