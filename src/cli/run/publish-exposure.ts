import { type PublishedInstance, publishInstance } from '../../control-socket/server.ts';
import { EXIT, TsexposeError } from '../../errors.ts';
import type { Exposure } from '../../expose/expose.ts';
import type { Screen } from '../screen/screen.ts';
import type { Ending } from './shutdown.ts';

/**
 * Lets `whois`, `status` and `list` find an exposure. Where that is impossible the service serves all the same, and a
 * warning says why they do not find it.
 */
export async function publishExposure(
  exposure: Exposure,
  ending: Ending,
  screen: Screen,
): Promise<PublishedInstance | undefined> {
  const { tailnet, target } = exposure;
  try {
    return await publishInstance({
      status: async () => {
        const { user, peers, name, fqdn, ips, state, tags, keyExpiry, health, ...rest } = await tailnet.status();
        const { urls } = exposure;
        const node = { name, fqdn, urls, ips, target, state, tags, keyExpiry, health };
        return { ...node, tailnet: rest.tailnet, user: user?.login ?? '', peers: peers.length };
      },
      whois: (address) => tailnet.whois(address),
      close: () => ending.end({ reason: 'asked to close', exit: EXIT.done }),
    });
  } catch (error) {
    if (!(error instanceof TsexposeError)) throw error;
    const { code, message, suggestions } = error;
    screen.show({ event: 'warning', code, message, suggestions });
    return undefined;
  }
}
