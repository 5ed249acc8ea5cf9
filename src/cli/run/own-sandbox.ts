import { EXIT } from '../../errors.ts';
import type { JoinOptions } from '../../expose/options.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Starts a sandbox that lives as long as the command. Call this before the addon is loaded, because the addon reads
 * the environment only then.
 */
export async function startOwnSandbox(shutdown: Shutdown, options: SandboxOptions = {}): Promise<Sandbox> {
  const { Sandbox } = await import('../../sandbox/sandbox.ts');
  const sandbox = await Sandbox.start({ ...options, signal: shutdown.signal });
  sandbox.once('exit', (error) => shutdown.end({ reason: 'the sandbox exited', exit: EXIT.failed, error }));
  Object.assign(process.env, sandbox.env);
  return sandbox;
}

/** Returns options for an ephemeral node in a sandbox, owned by Alice. */
export function inSandbox(node: JoinOptions, sandbox: Sandbox): JoinOptions {
  const { controlUrl } = sandbox;
  return { ...node, controlUrl, authKey: sandbox.authKey('alice'), stateDir: undefined, ephemeral: true };
}
