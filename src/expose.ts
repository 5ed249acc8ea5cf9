/**
 * The pipeline: node → listener → identity → proxy → target. Everything else in this tree is one of these stages, or
 * draws what they report.
 */
import { TsexposeError } from './errors.ts';
import type { CallerSummary, ExposeEvent } from './events.ts';
import { Gate, type GateOptions } from './identity/gate.ts';
import type { Identity } from './identity/identity.ts';
import type { TailnetSocket } from './native/socket.ts';
import { defaultStateDir } from './native/state-dir.ts';
import { Tailnet, type UpOptions } from './native/tailnet.ts';
import { whyUnreachable } from './proxy/probe.ts';
import { ProxyServer } from './proxy/server.ts';
import { parseTarget } from './proxy/target.ts';

/** How a node joins the tailnet. The names are those of the command line's flags. */
export interface JoinOptions extends UpOptions {
  /** The name on the tailnet, a DNS label. */
  name: string;
  /** Whether to fail with `ERR_TSEXPOSE_NAME_TAKEN` when the tailnet gives another name. @default false */
  requireName?: boolean;
  /** Auth key or OAuth client secret. @default the `TS_AUTHKEY` variable */
  authKey?: string;
  /** Control server. @default Tailscale's */
  controlUrl?: string;
  /** Directory for the node's keys. @default one for this name and control server under the user's state directory */
  stateDir?: string;
  /** Whether the control server forgets the node as soon as it leaves; its keys are then kept nowhere. @default false */
  ephemeral?: boolean;
  /** Tags to ask for. @default [] */
  tags?: string[];
  /** Whether the node's log is uploaded to Tailscale for their support. @default false */
  supportLogs?: boolean;
  /** Receives everything that happens, from the first state to the end. */
  onEvent?: (event: ExposeEvent) => void;
  /** Receives the node's own log, line by line. */
  log?: (line: string) => void;
}

/** What to expose and how. */
export interface ExposeOptions extends JoinOptions, GateOptions {
  /** The local service: `3000`, `host:port`, `http(s)://…`, `unix:/path`. */
  target: string;
  /** What the service sees as Host: the caller's, its own, or a value. @default 'preserve' */
  hostHeader?: string;
}

/** A service that is on the tailnet. */
export interface Exposure {
  /** The name that the tailnet gave. */
  readonly name: string;
  readonly fqdn: string;
  /** Where the service is, the best first. */
  readonly urls: string[];
  readonly ips: string[];
  /** The target as a URL. */
  readonly target: string;
  readonly tailnet: Tailnet;
  /** Resolves when the exposure has ended. */
  readonly closed: Promise<void>;
  /**
   * Stops taking callers, lets running requests end for `timeout` milliseconds, and leaves the tailnet. Safe to call
   * more than once.
   *
   * @param options.timeout - `@default` 5000
   */
  close(options?: { timeout?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts a local service on the tailnet and tells it who is calling.
 *
 * @throws TsexposeError for options that make no sense, and for everything that `Tailnet.up` throws
 * @example
 * ```ts
 * await using exposure = await expose({ target: '3000', name: 'myapp' });
 * console.log(exposure.urls[0]);
 * ```
 */
export async function expose(options: ExposeOptions): Promise<Exposure> {
  const report = options.onEvent ?? (() => {});
  const target = parseTarget(options.target);
  const gate = new Gate(options);
  const proxy = new ProxyServer({
    target,
    gate,
    identify: (socket) => (socket as TailnetSocket).identity,
    hostHeader: options.hostHeader,
    onRequest: report,
    onWarning: (warning) => report({ event: 'warning', ...warning }),
  });

  let tailnet: Tailnet | undefined;
  try {
    const node = await joinTailnet(options);
    tailnet = node;
    const listener = await node.listen(80, { allowHalfOpen: true });
    listener.on('connection', (socket) => {
      report({ event: 'connection', port: listener.port, caller: summarize(socket.identity) });
      proxy.accept(socket);
    });
    const absent = await whyUnreachable(target);
    if (absent) report({ event: 'warning', code: 'TARGET_UNREACHABLE', ...absent });

    const { name, fqdn, ips } = node;
    const urls = [`http://${fqdn}`, `http://${name}`];
    report({ event: 'ready', name, fqdn, urls, ips, target: target.url });

    let closing: Promise<void> | undefined;
    const closed = new Promise<void>((resolve) => node.once('close', resolve));
    const close = ({ timeout = 5000 } = {}) => {
      closing ??= (async () => {
        await listener.close();
        await proxy.close({ timeout });
        await node.close({ timeout: 0 });
        report({ event: 'closed', reason: 'closed' });
      })();
      return closing;
    };
    return { name, fqdn, urls, ips, target: target.url, tailnet: node, closed, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await Promise.all([proxy.close({ timeout: 0 }), tailnet?.close({ timeout: 0 })]);
    throw error;
  }
}

/**
 * Brings up a node and reports what happens to it; resolves when it runs.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_NAME_TAKEN` with `requireName`, and everything that `Tailnet.up` throws
 */
export async function joinTailnet(options: JoinOptions): Promise<Tailnet> {
  const report = options.onEvent ?? (() => {});
  const tailnet = new Tailnet({ ...nodeOptions(options), hostname: options.name, log: options.log });
  tailnet.on('state', (state, message) => report({ event: 'state', state, ...(message && { message }) }));
  tailnet.on('login', (url) => report({ event: 'login', url }));
  let unwell: string[] = [];
  tailnet.on('health', (messages) => {
    const news = messages.filter((message) => !unwell.includes(message));
    for (const message of news) report({ event: 'warning', code: 'HEALTH', message });
    unwell = messages;
  });
  try {
    await tailnet.up(options);
    if (tailnet.name !== options.name) nameTaken(options, tailnet.name, report);
    return tailnet;
  } catch (error) {
    await tailnet.close({ timeout: 0 });
    throw error;
  }
}

function nodeOptions({ name, authKey, controlUrl, stateDir, ephemeral, tags, supportLogs }: JoinOptions) {
  const directory = stateDir ?? (ephemeral ? undefined : defaultStateDir(name, controlUrl));
  return { authKey, controlUrl, stateDir: directory, ephemeral, tags, supportLogs };
}

function nameTaken(options: JoinOptions, given: string, report: (event: ExposeEvent) => void): void {
  const message = `Expected the name ${options.name}, and the tailnet gave ${given}: another device has that name.`;
  const suggestions = ['Remove the other device on the machines page of the admin console, or choose another --name.'];
  if (options.requireName) throw new TsexposeError('ERR_TSEXPOSE_NAME_TAKEN', message, { suggestions });
  report({ event: 'warning', code: 'NAME_TAKEN', message, suggestions });
}

function summarize(identity: Identity): CallerSummary {
  const who = identity.login || identity.node?.name || identity.ip;
  return { kind: identity.kind, who, ip: identity.ip };
}
