import { EventEmitter } from 'node:events';
import { TsexposeError } from '../errors.ts';
import { SandboxAdmin } from './admin.ts';
import { AdminClient } from './client.ts';
import { type Door, type DoorOptions, type FunnelOptions, openDoor } from './door.ts';
import { findProgram, type Program, startProgram } from './program.ts';
import type { SandboxDevice, SandboxGrant, SandboxPerson } from './ready.ts';

/** Options of `Sandbox.start`. */
export interface SandboxOptions {
  /** Aborts the start with an `AbortError`. */
  signal?: AbortSignal;
  /** Who owns devices. @default Alice Example, Bob Example and Zoë Çelik (`carol`), all at example.com */
  people?: SandboxPerson[];
  /** Tagged devices. @default `ci-runner`, tagged `tag:ci` */
  devices?: SandboxDevice[];
  /** Application capabilities. @default none */
  grants?: SandboxGrant[];
  /** MagicDNS suffix. @default 'sandbox.ts.net' */
  suffix?: string;
  /** Port of the control server. @default 0, which picks a free one */
  port?: number;
  /** How long an ephemeral node may be offline before it is removed, in milliseconds. @default 300_000 */
  ephemeralTimeout?: number;
  /** Path of the sandbox program. @default see docs/sandbox.md */
  binary?: string;
  /** Receives the program's log, line by line. @default none */
  log?: (line: string) => void;
}

/**
 * A private tailnet on loopback: control server, relay and certificate authority in one child process, with named people
 * and tagged devices. It never leaves this machine, and closing it leaves nothing behind.
 *
 * @example
 * ```ts
 * await using sandbox = await Sandbox.start();
 * await using exposure = await expose({ target: '3000', name: 'myapp', controlUrl: sandbox.controlUrl, authKey: sandbox.authKey('alice') });
 * const door = await sandbox.door('bob', 'myapp:80');
 * console.log(await (await fetch(door.url)).text()); // the app on port 3000 sees bob@example.com
 * ```
 */
export class Sandbox extends EventEmitter<{ exit: [TsexposeError] }> {
  /** The control URL for nodes. */
  readonly controlUrl: string;
  /** MagicDNS suffix, such as `sandbox.ts.net`. */
  readonly suffix: string;
  /** Reusable auth keys by person ID and by tag. */
  readonly authKeys: Readonly<Record<string, string>>;
  readonly people: readonly SandboxPerson[];
  readonly devices: readonly SandboxDevice[];
  /** Environment variables for the process of a node on this tailnet. */
  readonly env: Readonly<Record<string, string>>;
  /** Certificates to trust for HTTPS with nodes on this tailnet, as PEM; also in `caFile`. */
  readonly ca: string;
  readonly caFile: string;
  /** What an admin console and a misbehaving network can do to this tailnet. */
  readonly admin: SandboxAdmin;
  readonly #program: Program;
  readonly #client: AdminClient;

  private constructor(program: Program) {
    super();
    const { ready } = program;
    this.controlUrl = ready.controlUrl;
    this.suffix = ready.suffix;
    this.authKeys = ready.authKeys;
    this.people = ready.people;
    this.devices = ready.devices;
    this.env = ready.env;
    this.ca = ready.ca;
    this.caFile = ready.caFile;
    this.#program = program;
    this.#client = new AdminClient(ready.adminUrl, ready.adminToken);
    this.admin = new SandboxAdmin(this.#client);
    program.ended.then((error) => {
      this.#client.ended = error ?? closed();
      if (error) this.emit('exit', error);
    });
  }

  /**
   * Starts a sandbox, and resolves once nodes can join it. It emits `exit` if it ends by itself.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` if the program is missing or fails, with what it printed
   */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const { people, devices, grants, suffix, port = 0, ephemeralTimeout = 300_000, binary = findProgram() } = options;
    const args = ['--port', `${port}`, '--ephemeral-timeout', `${ephemeralTimeout}ms`];
    args.push('--config', JSON.stringify({ people, devices, grants, suffix }));
    if (options.log) args.push('--verbose');
    return new Sandbox(await startProgram({ binary, args, signal: options.signal, log: options.log }));
  }

  /**
   * Returns the reusable auth key of a person (ID or login), a tag or a tagged device.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_NOT_FOUND` if there is no such person, tag or device
   */
  authKey(who: string): string {
    const person = this.people.find(({ id, login }) => id === who || login === who)?.id;
    const device = this.devices.find(({ name }) => name === who)?.tags[0];
    const key = this.authKeys[person ?? device ?? who];
    if (key) return key;
    throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', `The sandbox has no person, device or tag "${who}".`, {
      suggestions: [`It has ${Object.keys(this.authKeys).join(', ')}.`],
    });
  }

  /**
   * Opens a port on loopback whose connections arrive at a tailnet address as a given person or device.
   *
   * @param who - a person (ID or login), a tagged device or a tag
   * @param target - `name:port` or `address:port` on the tailnet
   */
  door(who: string, target: string, options: DoorOptions = {}): Promise<Door> {
    return openDoor(this.#client, who, target, options);
  }

  /**
   * Opens a port on loopback whose connections arrive at a node as if from the public internet, through Funnel. The node
   * has to use Funnel on that port, and the caller has to use TLS with the node's full name.
   *
   * @param target - `name:port` with port 443, 8443 or 10000
   */
  funnel(target: string, options: FunnelOptions = {}): Promise<Door> {
    return openDoor(this.#client, 'funnel', target, options);
  }

  /** Lets the process exit while the sandbox is running, which ends the sandbox. */
  unref(): this {
    this.#reference('unref');
    return this;
  }

  /** Undoes {@link unref}. */
  ref(): this {
    this.#reference('ref');
    return this;
  }

  #reference(way: 'ref' | 'unref'): void {
    const { child } = this.#program;
    for (const handle of [child, child.stdin, child.stdout, child.stderr] as { ref?(): void; unref?(): void }[]) {
      handle[way]?.();
    }
  }

  /** Ends the tailnet and everything on it. Idempotent. */
  async close(): Promise<void> {
    this.#client.ended ??= closed();
    await this.#program.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function closed(): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_SANDBOX', 'The sandbox is closed.');
}
