import type { SandboxGrant, SandboxPerson } from './ready.ts';

/** A device on the sandbox tailnet, as control sees it. */
export interface SandboxNode {
  /** Stable node ID. */
  id: string;
  /** First label of the MagicDNS name. */
  name: string;
  fqdn: string;
  /** The device's own hostname. */
  hostname: string;
  ips: string[];
  os: string;
  /** Owner's login; absent for a tagged device. */
  login?: string;
  tags: string[];
  /** Whether it is connected to control. */
  online: boolean;
  ephemeral: boolean;
  approved: boolean;
  expired: boolean;
  /** When its key expires; absent if it does not. */
  expiry?: string;
  /** Whether it is one of the sandbox's own, behind a door or a service. */
  inside: boolean;
  /** Its public key. */
  key: string;
}

/** The settings of the tailnet. */
export interface SandboxSettings {
  /** Whether auth keys are ignored, so that every new node has to log in. */
  requireLogin: boolean;
  /** Whether new nodes wait for approval. */
  requireApproval: boolean;
  /** Whether names of nodes resolve. */
  magicDNS: boolean;
  /** Whether nodes can get certificates; requires MagicDNS. */
  https: boolean;
  /** Whether nodes can be public through Funnel; requires HTTPS. */
  funnel: boolean;
}

/** What has happened so far. */
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

/** What fails at the certificate authority, and what has happened there. */
export interface SandboxAcme {
  /** While false, connections are cut without a response. */
  running: boolean;
  /** How many of the next orders get a 429. */
  limit: number;
  /** How many seconds such a 429 asks to wait. */
  retryAfter: number;
  /** Lifetime of certificates issued from now on, in seconds; 0 stands for 90 days. */
  lifetime: number;
  /** Requests for a certificate so far. */
  orders: number;
  /** How many of them got a 429. */
  limited: number;
  /** Names of the certificates issued, in order. */
  issued: string[];
}

/** An overview of the tailnet. */
export interface SandboxState {
  /** Increases with every change. */
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
  /** Login pages that nodes are waiting for. */
  logins: { url: string; hostname: string }[];
  counters: SandboxCounters;
  acme: SandboxAcme;
}

/** A Tailscale Service: one name and two addresses that several nodes can serve. */
export interface SandboxTailscaleService {
  /** Such as `svc:web`. */
  name: string;
  fqdn: string;
  ips: string[];
  /** TCP ports that a host has to offer. */
  ports: number[];
  /** The nodes that offer it, starting with those on the tailnet for the longest time. */
  hosts: {
    node: string;
    approved: boolean;
    /** Whether it accepts new callers; false while it is draining. */
    active: boolean;
    /** Whether it is the one that callers are routed to. */
    serving: boolean;
  }[];
}

/** A key that admits nodes without a login. */
export interface SandboxAuthKey {
  /** @default a random one */
  key: string;
  /** ID of the person who owns the nodes that use it. */
  person?: string;
  /** Turns them into tagged devices instead. */
  tags?: string[];
  /** Whether it can be used more than once. @default false */
  reusable: boolean;
  /** Whether its nodes are ephemeral, whatever they ask for. @default false */
  ephemeral: boolean;
  /** Whether its nodes do not need approval. @default false */
  preApproved: boolean;
  /** When it stops working, as an ISO date. @default never */
  expires?: string;
}

/** A federated identity: an ID token that fits may create auth keys for its tags. */
export interface SandboxFederation {
  /** @default a random one */
  clientId: string;
  /** URL of what issues the tokens, on loopback. */
  issuer: string;
  /** The token's `sub`, in which `*` stands for anything. */
  subject: string;
  /** The token's `aud`. @default `api.tailscale.com/CLIENT-ID` */
  audience: string;
  tags: string[];
}

export interface SandboxServiceOptions {
  /** Whose node it runs on: a person, a device or a tag. */
  who: string;
  /** The node's name; it is started if necessary. @default the person's laptop, or the device */
  hostname?: string;
  port: number;
  /** `whois`: an HTTP server that responds with the caller, as JSON. `echo`: sends all bytes back. */
  kind: 'whois' | 'echo';
  /** Whether it uses TLS, with a certificate for its MagicDNS name. @default false */
  tls?: boolean;
  /** Whether it accepts callers from the public internet, with TLS. @default false */
  funnel?: boolean;
}

/** Something to talk to on the tailnet. */
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

/** The response of a `whois` service. Callers through Funnel get only `visitor` and the fields about the request. */
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
  /** Address and port of a caller through Funnel. */
  visitor?: string;
  method: string;
  url: string;
  headers: Record<string, string[]>;
}
