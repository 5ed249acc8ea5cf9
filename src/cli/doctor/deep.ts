import { findNodes } from '../../control-socket/client.ts';
import type { TsexposeError } from '../../errors.ts';
import type { CheckResult } from '../../ui/check-line.ts';
import { checkReachable } from '../ci/reachable.ts';
import { type CheckedOptions, fault, note, ok } from './checks.ts';

/** How long the second node may take to join, and to open an app, in milliseconds. */
const TIMEOUT_MS = 30_000;

const ABOUT = 'second node';

/** Opens the running nodes, or only the one of a name, from a second one, as a colleague would. */
export async function* openFromSecondNode(
  options: CheckedOptions & { only?: string | undefined },
): AsyncGenerator<CheckResult> {
  const { authKey, controlUrl, tags, only } = options;
  const running = (await findNodes()).map(({ found }) => found).filter(({ state }) => state === 'running');
  const nodes = running.filter(({ name }) => only === undefined || name === only);
  if (nodes.length === 0) {
    const which = only === undefined ? 'no node is' : `no node named ${only} is`;
    yield note(ABOUT, `not asked, because ${which} running on this machine`, ['tsexpose 3000']);
    return;
  }
  if (!authKey) {
    yield note(ABOUT, 'not asked, because it needs an auth key to log in', ['Set TS_AUTHKEY.', '--auth-key file:PATH']);
    return;
  }
  for (const { name, urls, fqdn, ips } of nodes) {
    try {
      await checkReachable(
        { urls, fqdn, ips },
        {
          node: { name, ...(controlUrl !== undefined && { controlUrl }), ...(tags && { tags: [...tags] }) },
          ...{ authKey, subject: 'app', timeout: TIMEOUT_MS, signal: new AbortController().signal },
          onJoin: () => undefined,
        },
      );
      yield ok(ABOUT, `opened ${urls[0] ?? fqdn}`);
    } catch (error) {
      yield fault(ABOUT, error as TsexposeError);
    }
  }
}
