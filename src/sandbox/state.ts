import type { SandboxGrant, SandboxPerson } from './ready.ts';

/** A device of the sandbox tailnet, as control sees it. */
export interface SandboxNode {
  /** Stable node ID. */
  id: string;
  /** First label of the MagicDNS name. */
  name: string;
  fqdn: string;
  /** What the device calls itself. */
  hostname: string;
  ips: string[];
  os: string;
  /** Owner's login; absent for a tagged device. */
  login?: string;
  tags: string[];
  /** Whether it holds a connection to control. */
  online: boolean;
  ephemeral: boolean;
  approved: boolean;
  expired: boolean;
  /** When its key expires; absent where it never does. */
  expiry?: string;
  /** Whether it is one of the sandbox's own, behind a door or a service. */
  inside: boolean;
  /** Its public key. */
  key: string;
}

/** The tailnet's switches. */
export interface SandboxSettings {
  /** Auth keys are ignored: every new node has to log in. */
  requireLogin: boolean;
  /** New nodes wait until they are approved. */
  requireApproval: boolean;
  /** Nodes have names that resolve. */
  magicDNS: boolean;
  /** Nodes can get certificates; needs MagicDNS. */
  https: boolean;
  /** Nodes can be public through Funnel; needs HTTPS. */
  funnel: boolean;
}

/** What happened so far. */
export interface SandboxCounters {
  /** Register requests answered. */
  registers: number;
  /** Register requests that got a 429. */
  limited: number;
  /** Names of the nodes that logged out, in order. */
  logouts: string[];
  /** ACME challenges that nodes published. */
  setDNS: number;
}

/** What goes wrong at the certificate authority, and what happened there. */
export interface SandboxAcme {
  /** While false, connections are cut without an answer. */
  running: boolean;
  /** How many of the next orders get a 429. */
  limit: number;
  /** Seconds that such a 429 asks to wait. */
  retryAfter: number;
  /** Lifetime of certificates issued from now on, in seconds; 0 is 90 days. */
  lifetime: number;
  /** Requests for a certificate so far. */
  orders: number;
  /** Those of them that got a 429. */
  limited: number;
  /** Names of the certificates issued, in order. */
  issued: string[];
}

/** The tailnet at a glance. */
export interface SandboxState {
  /** Grows with every change. */
  version: number;
  /** Whether control is running. */
  running: boolean;
  settings: SandboxSettings;
  people: SandboxPerson[];
  nodes: SandboxNode[];
  grants: SandboxGrant[];
  denies: { src: string; dst: string }[];
  /** The Tailscale Services that are defined. */
  services: SandboxTailscaleService[];
  /** Login pages that nodes wait for. */
  logins: { url: string; hostname: string }[];
  counters: SandboxCounters;
  acme: SandboxAcme;
}

/** A Tailscale Service: one name and two addresses, behind which several nodes can stand. */
export interface SandboxTailscaleService {
  /** Such as `svc:web`. */
  name: string;
  fqdn: string;
  ips: string[];
  /** TCP ports that a host has to offer. */
  ports: number[];
  /** The nodes that offer it, those that have been in the tailnet longest first. */
  hosts: {
    node: string;
    approved: boolean;
    /** Whether it takes visitors; false of one that leaves. */
    active: boolean;
    /** Whether it is the one that visitors are sent to. */
    serving: boolean;
  }[];
}

/** Lets nodes in without a login. */
export interface SandboxAuthKey {
  /** @default a random one */
  key: string;
  /** ID of the person who owns the nodes that come with it. */
  person?: string;
  /** Makes them tagged devices instead. */
  tags?: string[];
  /** Whether it works more than once. @default false */
  reusable: boolean;
  /** Whether its nodes are ephemeral, whatever they ask for. @default false */
  ephemeral: boolean;
  /** Whether its nodes need no approval. @default false */
  preApproved: boolean;
  /** When it stops working, as an ISO date. @default never */
  expires?: string;
}

export interface SandboxServiceOptions {
  /** Whose node it runs on: a person, a device or a tag. */
  who: string;
  /** The node's name; it is started if need be. @default the person's laptop, or the device */
  hostname?: string;
  port: number;
  /** `whois`: an HTTP server that answers with who is calling, as JSON. `echo`: sends all bytes back. */
  kind: 'whois' | 'echo';
  /** Whether it shows a certificate for its MagicDNS name. @default false */
  tls?: boolean;
  /** Whether it lets visitors from the public internet in, with TLS. @default false */
  funnel?: boolean;
}

/** Something on the tailnet to talk to. */
export interface SandboxService {
  name: string;
  fqdn: string;
  ips: string[];
  port: number;
  /** Stops listening; the node stays. */
  close(): Promise<void>;
}

/** What one of the sandbox's own nodes knows about its way to a target. */
export interface SandboxDiagnosis {
  /** The node's status (`ipnstate.Status`), with its peers. */
  status: Record<string, unknown>;
  /** By type of ping (`disco`, `TSMP`, `ICMP`): the result, or the error. */
  pings: Record<string, unknown>;
  /** How a TCP connection went. */
  dial: string;
  /** Counters of the node's network stack. */
  netstack: Record<string, unknown>;
  /** The sandbox program's goroutines. */
  goroutines: string;
}

/** What a service of kind `whois` answers; a visitor through Funnel gets only `visitor` and what is about the request. */
export interface WhoisAnswer {
  login: string;
  name: string;
  picture: string;
  userId: string;
  groups: string[];
  node: string;
  fqdn: string;
  tags: string[];
  capabilities: Record<string, unknown[]> | null;
  /** Caller's address and port. */
  remote: string;
  /** Address and port of a visitor through Funnel. */
  visitor?: string;
  method: string;
  url: string;
  headers: Record<string, string[]>;
}
