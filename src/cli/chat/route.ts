import { lookup } from 'node:dns/promises';
import type { Agent } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TsexposeError } from '../../errors.ts';
import type { JoinOptions } from '../../expose/expose.ts';
import { nodeStopped, type Shutdown } from '../run/shutdown.ts';
import { startNode } from '../run/start-node.ts';

/** The way to a chat. */
export interface Route {
  /** URL of the chat, such as `http://chat`. */
  url: string;
  /** Opens the connections; undefined for those of the system. */
  agent?: Agent;
  close(): Promise<void>;
}

// The address ranges of Tailscale.
const TAILNET = new BlockList();
TAILNET.addSubnet('100.64.0.0', 10);
TAILNET.addSubnet('fd7a:115c:a1e0::', 48, 'ipv6');

/**
 * Parses the address of a chat on the command line: a name, `host:port`, or a URL such as a sandbox's door.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE`
 */
export function chatUrl(host: string): URL {
  const text = /^https?:\/\//.test(host) ? host : `http://${host}`;
  if (URL.canParse(text) && !/[\s@]/.test(host)) return new URL(text);
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', `Expected the name or URL of a chat, got ${JSON.stringify(host)}.`, {
    suggestions: ['tsexpose chat join chat', 'tsexpose chat join http://127.0.0.1:4001'],
  });
}

/**
 * Returns whether this machine can reach a name by itself: it resolves to a tailnet address, or it is an address. A name
 * that resolves to anything else cannot be the chat.
 */
export async function isReachable({ hostname }: URL): Promise<boolean> {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) || bare === 'localhost') return true;
  const addresses = await lookup(bare, { all: true }).catch(() => []);
  return (
    addresses.length > 0 &&
    addresses.every(({ address, family }) => TAILNET.check(address, family === 6 ? 'ipv6' : 'ipv4'))
  );
}

/** Starts a node of our own to reach a chat with. */
export async function routeByNode(url: URL, options: JoinOptions, shutdown: Shutdown): Promise<Route> {
  // Loads the addon.
  const { joinTailnet } = await import('../../expose/expose.ts');
  const tailnet = await startNode(options, shutdown, joinTailnet);
  tailnet.once('close', () => shutdown.end(nodeStopped(tailnet.failure)));
  return { url: url.origin, agent: tailnet.agent(), close: () => tailnet.close() };
}
