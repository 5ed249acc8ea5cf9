/** A person who owns devices on the sandbox tailnet. */
export interface SandboxPerson {
  /** Short name for auth keys, doors and the admin interface, such as `alice`. */
  id: string;
  /** Login name, such as `alice@example.com`. */
  login: string;
  /** Display name, such as `Alice Example`. */
  name: string;
  /** URL of the profile picture. @default none */
  picture?: string;
  /** Groups that nodes are told about. @default none */
  groups?: string[];
}

/** A tagged device that doors and services can stand for. */
export interface SandboxDevice {
  /** Its name on the tailnet, such as `ci-runner`. */
  name: string;
  /** Its tags, such as `tag:ci`. */
  tags: string[];
}

/** An application capability of callers on nodes. */
export interface SandboxGrant {
  /** Callers: `*`, a person's ID or login, a tag, a group or a node's name. */
  src: string;
  /** Nodes, selected the same way. */
  dst: string;
  /** Such as `example.com/cap/app`. */
  capability: string;
  /** Any JSON values. */
  values: unknown[];
}

/** The line that the program prints when it is ready. */
export interface ReadyLine {
  event: 'ready';
  /** The control URL for nodes. */
  controlUrl: string;
  adminUrl: string;
  adminToken: string;
  /** Address of the DERP relay. */
  derp: string;
  /** Address of the STUN server. */
  stun: string;
  /** URL of the ACME directory. */
  acmeDirectoryUrl: string;
  /** File with the certificates of `ca`. */
  caFile: string;
  /** The authorities that sign the certificates of the sandbox's servers and of its nodes, as PEM. */
  ca: string;
  /** Reusable auth keys by person ID and by tag. */
  authKeys: Record<string, string>;
  people: SandboxPerson[];
  devices: SandboxDevice[];
  /** The tailnet's name. */
  tailnet: string;
  /** The MagicDNS suffix. */
  suffix: string;
  /** Environment variables for the process of a node on this tailnet. */
  env: Record<string, string>;
  /** Directory of the program's files, removed at the end. */
  dir: string;
  pid: number;
}
