import { whyUnreachable } from '../../proxy/target/probe.ts';
import { parseTarget } from '../../proxy/target/target.ts';

/** Returns why a target that is named by its URL would not respond right now; undefined if it would. */
export async function targetProblem(url: string): Promise<string | undefined> {
  // Which certificates are trusted is only known where the node was started.
  const { protocol, hostname, port } = URL.canParse(url) ? new URL(url) : {};
  const named = protocol?.startsWith('https') ? `tcp://${hostname}:${port || 443}` : url;
  try {
    return (await whyUnreachable(parseTarget(named)))?.message;
  } catch {
    // A chat has no target.
    return undefined;
  }
}
