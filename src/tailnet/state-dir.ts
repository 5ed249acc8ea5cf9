import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns where a node of this name keeps its keys by default: a directory below the user's state directory. Nodes of a
 * control server other than Tailscale's are kept apart by server, because each server has keys of its own.
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
 * Returns where a node keeps its keys: the given directory, or the default one for its name. An ephemeral node without a
 * directory keeps none.
 */
export function stateDirOf(node: {
  name: string;
  controlUrl?: string | undefined;
  stateDir?: string | undefined;
  ephemeral?: boolean | undefined;
}): string | undefined {
  return node.stateDir ?? (node.ephemeral ? undefined : defaultStateDir(node.name, node.controlUrl));
}

/** Returns the directory for what programs keep between runs. */
export function stateHome(): string {
  if (process.platform === 'darwin') return join(home(), 'Library', 'Application Support');
  const { XDG_STATE_HOME } = process.env;
  return XDG_STATE_HOME?.startsWith('/') ? XDG_STATE_HOME : join(home(), '.local', 'state');
}

/** Node.js throws for a user who has no home directory, as in many containers; their runtimes say `/` then. */
function home(): string {
  try {
    return homedir() || '/';
  } catch {
    return '/';
  }
}
