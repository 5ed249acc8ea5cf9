import { type ControlSocket, openControlSocket } from '../../control-socket/server.ts';
import { EXIT, TsexposeError } from '../../errors.ts';
import type { Exposure } from '../../expose/expose.ts';
import { launcher } from '../background/launcher.ts';
import type { Screen } from '../screen/screen.ts';
import type { Activity } from './activity.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Makes an exposure visible to `whois`, `status` and `list`. If that fails, the app is served all the same, and a
 * warning says why those commands do not find it.
 */
export async function publishExposure(
  exposure: Exposure,
  shutdown: Shutdown,
  screen: Screen,
  activity: Activity,
  sandbox: boolean,
): Promise<ControlSocket | undefined> {
  const { tailnet, target } = exposure;
  const log = launcher()?.log;
  try {
    return await openControlSocket({
      status: async () => {
        const { user, peers, name, fqdn, ips, state, tags, keyExpiry, loginUrl, health, ...rest } =
          await tailnet.status();
        const { urls } = exposure;
        const node = { name, fqdn, urls, ips, target, state, tags, keyExpiry, loginUrl, health };
        return {
          ...node,
          tailnet: rest.tailnet,
          user: user?.login ?? '',
          peers: peers.length,
          ...(log && { log }),
          ...(sandbox && { sandbox: true as const }),
          activity: activity.summary,
        };
      },
      metrics: async () => await screen.metrics?.(),
      whois: (address) => tailnet.whois(address),
      close: () => shutdown.end({ reason: 'close requested', exit: EXIT.done }),
    });
  } catch (error) {
    if (!(error instanceof TsexposeError)) throw error;
    const { code, message, suggestions } = error;
    screen.show({ event: 'warning', code, message, suggestions });
    return undefined;
  }
}
