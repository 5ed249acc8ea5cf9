import { rmSync } from 'node:fs';
import { TsexposeError } from '../../errors.ts';
import type { TailnetOptions } from '../../tailnet/options.ts';
import { defaultStateDir } from '../../tailnet/state-dir.ts';
import { hasLoggedIn } from './fresh-state.ts';

export interface LogOutOptions {
  /** The name the node asks for. */
  name: string;
  /** Where the node keeps its keys. @default where `expose` keeps them */
  stateDir?: string;
  controlUrl?: string;
  /** Longest wait for the tailnet, in milliseconds. */
  timeout?: number;
  signal?: AbortSignal;
}

/**
 * Logs a node out that is not running, and removes its keys: it starts, says so, and leaves.
 *
 * @throws `ERR_TSEXPOSE_STATE_DIR` where no node has kept its keys
 * @throws `ERR_TSEXPOSE_STATE_IN_USE` while the node runs
 */
export async function logOut({ name, controlUrl, timeout, signal, ...rest }: LogOutOptions): Promise<void> {
  const stateDir = rest.stateDir ?? defaultStateDir(name, controlUrl);
  if (!hasLoggedIn(stateDir)) {
    throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', `Expected the keys of a node in ${stateDir}, found none.`, {
      suggestions: ['--name NAME, as it was when the node was started', '--state-dir DIR'],
    });
  }
  // A key would log a node in again that the tailnet has long forgotten.
  for (const key of ['TS_AUTHKEY', 'TS_AUTH_KEY', 'TS_CLIENT_SECRET']) delete process.env[key];
  const { Tailnet } = await import('../../tailnet/tailnet.ts');
  const options: TailnetOptions = { hostname: name, stateDir, controlUrl };
  const tailnet = new Tailnet(options);
  try {
    await tailnet.up({ login: 'fail', timeout, signal });
    await tailnet.localApi('POST', 'logout');
  } catch (error) {
    // It is logged out already.
    if ((error as TsexposeError).code !== 'ERR_TSEXPOSE_LOGIN_NEEDED') throw error;
  } finally {
    await tailnet.close({ timeout: 0 });
  }
  rmSync(stateDir, { recursive: true, force: true });
}
