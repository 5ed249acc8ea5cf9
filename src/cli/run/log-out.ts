import { rmSync } from 'node:fs';
import { TsexposeError } from '../../errors.ts';
import type { TailnetOptions } from '../../tailnet/options.ts';
import { hasLoggedIn } from '../../tailnet/start/state-file.ts';
import { defaultStateDir } from '../../tailnet/state-dir.ts';

export interface LogOutOptions {
  /** The name that the node requests. */
  name: string;
  /** Where the node keeps its keys. @default the directory that `expose` uses */
  stateDir?: string;
  controlUrl?: string;
  /** Longest wait for the tailnet, in milliseconds. */
  timeout?: number;
  signal?: AbortSignal;
}

/**
 * Logs out a node that is not running, and deletes its keys. Only a running node can log out, so this starts it once
 * more.
 *
 * @throws `ERR_TSEXPOSE_STATE_DIR` if the directory has no keys of a node
 * @throws `ERR_TSEXPOSE_STATE_IN_USE` while the node is running
 */
export async function logOut({ name, controlUrl, timeout, signal, ...rest }: LogOutOptions): Promise<void> {
  const stateDir = rest.stateDir ?? defaultStateDir(name, controlUrl);
  if (!hasLoggedIn(stateDir)) {
    throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', `No node keys found in ${stateDir}.`, {
      suggestions: ['tsexpose logout --name NAME', 'tsexpose logout --state-dir DIR'],
    });
  }
  // With an auth key, a node that the tailnet has removed would log in again.
  for (const key of ['TS_AUTHKEY', 'TS_AUTH_KEY', 'TS_CLIENT_SECRET']) delete process.env[key];
  const { Tailnet } = await import('../../tailnet/tailnet.ts');
  const options: TailnetOptions = { hostname: name, stateDir, controlUrl };
  const tailnet = new Tailnet(options);
  try {
    await tailnet.up({ login: 'fail', timeout, signal });
    await tailnet.localApi('POST', 'logout');
  } catch (error) {
    // Already logged out.
    if ((error as TsexposeError).code !== 'ERR_TSEXPOSE_LOGIN_NEEDED') throw error;
  } finally {
    await tailnet.close({ timeout: 0 });
  }
  rmSync(stateDir, { recursive: true, force: true });
}
