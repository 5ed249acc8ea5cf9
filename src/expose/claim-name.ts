import type { TailnetOptions } from '../tailnet/options.ts';
import { Tailnet } from '../tailnet/tailnet.ts';

/** How long a control server may take to rename a node, in milliseconds. */
const RENAME_MS = 3000;
/** How long a node may take to come back before it is removed, in milliseconds. */
const RETURN_MS = 10_000;

/**
 * Asks for the node's name once more, and resolves with whether the node got it. A control server keeps the other name
 * that it assigned while the name was taken, and only looks again when the name that a node asks for changes.
 */
export async function claimName(tailnet: Tailnet): Promise<boolean> {
  for (const name of [`${tailnet.hostname.slice(0, 60)}-x`, tailnet.hostname]) {
    const before = tailnet.name;
    const renamed = nameChange(tailnet, before);
    await tailnet.localApi('PATCH', 'prefs', { Hostname: name, HostnameSet: true });
    await renamed;
  }
  return tailnet.name === tailnet.hostname;
}

function nameChange(tailnet: Tailnet, before: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      tailnet.off('change', look).off('close', done);
      resolve();
    };
    const look = () => {
      if (tailnet.name !== before) done();
    };
    const timer = setTimeout(done, RENAME_MS);
    tailnet.on('change', look).once('close', done);
  });
}

/**
 * Closes a node that has just joined for the first time, and removes it from the tailnet. Only an ephemeral node can be
 * removed by itself, so it joins again as one, with the keys that it has. An auth key for one use does not allow that; the
 * node is then logged out.
 */
export async function undoJoin(tailnet: Tailnet, options: TailnetOptions): Promise<void> {
  try {
    await tailnet.localApi('POST', 'logout');
  } finally {
    await tailnet.close({ timeout: 0 });
  }
  const { resetState: _, ...same } = options;
  const again = new Tailnet({ ...same, ephemeral: true });
  try {
    await again.up({ login: 'fail', timeout: RETURN_MS });
  } catch {
    // Whatever the reason, the name is taken, which is the error to report.
  } finally {
    await again.close({ timeout: 0 });
  }
}
