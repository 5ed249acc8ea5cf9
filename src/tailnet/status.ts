import type { NodeState } from '../events.ts';

/** Another device on the tailnet, as listed by `Tailnet.status`. */
export interface TailnetPeer {
  /** Stable node ID. */
  id: string;
  /** MagicDNS short name. */
  name: string;
  /** MagicDNS full name without the trailing dot. */
  fqdn: string;
  ips: string[];
  os: string;
  /** Login of the owner; empty for a tagged device. */
  user: string;
  tags: string[];
  online: boolean;
}

/** What a node knows about itself and its tailnet; see `Tailnet.status`. */
export interface TailnetStatus {
  state: NodeState;
  name: string;
  fqdn: string;
  ips: string[];
  /** The tailnet's display name. */
  tailnet: string;
  magicDnsSuffix: string;
  /** Whether MagicDNS is enabled. */
  magicDns: boolean;
  /** Owner of this node; absent if it is tagged. */
  user?: { login: string; name: string; picture: string };
  tags: string[];
  /** When the node has to log in again (RFC 3339); absent if its key does not expire. */
  keyExpiry?: string;
  /** Where to log in; absent unless the node is waiting for a login. */
  loginUrl?: string;
  /** What is not working, in sentences. */
  health: string[];
  /** Names that the node can get certificates for. */
  certDomains: string[];
  peers: TailnetPeer[];
}

/** What the network map says about a node itself. @internal */
export interface Self {
  name: string;
  fqdn: string;
  ips: string[];
  /** Names that the node can get certificates for. */
  certDomains: string[];
  /** Whether names resolve on the tailnet. */
  magicDns: boolean;
}
