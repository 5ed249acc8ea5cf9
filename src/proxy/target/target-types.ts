/** What the user named as the target, as the rest of the proxy knows it; target.ts parses it. */

/** A target: an app and how to reach it, or content that the proxy serves itself. */
export interface Target {
  /** `http` speaks HTTP to the app (any version, with or without TLS); `tcp` forwards bytes. */
  kind: 'http' | 'tcp';
  /** The protocol of the app. `https+insecure` is `https` with `insecure` set. */
  protocol: 'http' | 'https' | 'h2c' | 'tcp';
  /** Host name or address, without brackets; `localhost` for a unix socket. */
  host: string;
  /** Port, 1 to 65535; 0 for a unix socket. */
  port: number;
  /** Path of the unix socket, in place of host and port. */
  socketPath?: string;
  /** What the proxy serves itself, without an app. */
  local?: LocalAnswer;
  /** Prepended to the path of every request; empty, or starting with `/` and not ending with it. */
  basePath: string;
  /** Whether any TLS certificate of the app is accepted. */
  insecure: boolean;
  /** What that certificate must be. @default for `host`, issued by an authority that Node.js trusts */
  tls?: TargetTls;
  /** The target in one canonical spelling, such as `http://localhost:3000`. */
  url: string;
  /** The authority under which the app knows itself, such as `localhost:3000`. */
  authority: string;
}

/** Content that the proxy serves itself. */
export type LocalAnswer =
  | { type: 'text'; text: string }
  | { type: 'redirect'; status: number; location: string }
  | { type: 'file'; path: string }
  | { type: 'files'; root: string; listing?: boolean };

/** What the certificate of a target must be. */
export interface TargetTls {
  /** Trusted authorities, as PEM. @default those that Node.js trusts */
  ca?: string;
  /** The name to ask for, which the certificate must contain. @default the host of the target */
  servername?: string;
}
