import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where a node of this name keeps its keys by default: a directory for the name under the user's state directory, and
 * for another control server than Tailscale's one of that server's own, since keys of one mean nothing to the other.
 *
 * @example
 * ```ts
 * defaultStateDir('myapp'); // '/home/alice/.local/state/tsexpose/myapp'
 * ```
 */
export function defaultStateDir(name: string, controlUrl?: string): string {
  const server = controlUrl
    ? [encodeURIComponent(URL.canParse(controlUrl) ? new URL(controlUrl).host : controlUrl)]
    : [];
  return join(stateHome(), 'tsexpose', ...server, name);
}

/**
 * Where a node keeps its keys: in the directory that it was given, else in that of its name; nowhere if it is ephemeral.
 */
export function stateDirOf(node: {
  name: string;
  controlUrl?: string | undefined;
  stateDir?: string | undefined;
  ephemeral?: boolean | undefined;
}): string | undefined {
  return node.stateDir ?? (node.ephemeral ? undefined : defaultStateDir(node.name, node.controlUrl));
}

function stateHome(): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  const { XDG_STATE_HOME } = process.env;
  return XDG_STATE_HOME?.startsWith('/') ? XDG_STATE_HOME : join(homedir(), '.local', 'state');
}
