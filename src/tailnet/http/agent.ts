import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectOptions } from '../net/connect.ts';
import type { Connects } from './dispatcher.ts';

type Callback = (error: Error | null, stream: Duplex) => void;

/**
 * An `http.Agent` that connects over the tailnet. Created by `Tailnet.agent`.
 *
 * @example
 * ```ts
 * import http from 'node:http';
 * http.get('http://notes', { agent: tailnet.agent() }, (response) => response.resume());
 * ```
 */
export class TailnetAgent extends http.Agent {
  readonly #node: Connects;

  /** @internal */
  constructor(node: Connects, options?: http.AgentOptions) {
    super({ keepAlive: true, ...options });
    this.#node = node;
  }

  override createConnection(...args: ConnectionArguments): Duplex {
    const { options, callback } = connectionArguments(args);
    const socket = open(this.#node, options);
    if (callback) socket.once('connect', callback as () => void);
    return socket;
  }
}

/**
 * An `https.Agent` that connects over the tailnet. Created by `Tailnet.secureAgent`.
 *
 * @example
 * ```ts
 * import https from 'node:https';
 * https.get('https://notes.tail1234.ts.net', { agent: tailnet.secureAgent() }, (response) => response.resume());
 * ```
 */
export class TailnetSecureAgent extends https.Agent {
  readonly #node: Connects;

  /** @internal */
  constructor(node: Connects, options?: https.AgentOptions) {
    super({ keepAlive: true, ...options });
    this.#node = node;
  }

  override createConnection(...args: ConnectionArguments): Duplex | null | undefined {
    const { options, callback } = connectionArguments(args);
    // The TLS socket above follows the signal and destroys this one.
    const socket = open(this.#node, { ...options, signal: undefined });
    // Node's own method adds session resumption and takes the server name from the host.
    const secure = super.createConnection({ ...options, socket } as https.RequestOptions, callback);
    secure?.once('close', () => socket.destroy());
    return secure;
  }
}

/** The arguments of `net.createConnection`, in all their forms. */
type ConnectionArguments = (http.ClientRequestArgs | https.RequestOptions | number | string | Callback | undefined)[];

function connectionArguments(args: ConnectionArguments): { options: https.RequestOptions; callback?: Callback } {
  const callback = args.find((argument) => typeof argument === 'function') as Callback | undefined;
  const [first, second] = args;
  const given = typeof first === 'object' ? {} : { port: first, host: typeof second === 'string' ? second : undefined };
  return { options: Object.assign({}, ...args.filter((argument) => typeof argument === 'object'), given), callback };
}

function open(node: Connects, { host, port, family, ...options }: https.RequestOptions): net.Socket {
  return node.connect({
    ...(options as ConnectOptions),
    host: (host ?? 'localhost').replace(/^\[|\]$/g, ''),
    port: port as number,
    family: family === 4 || family === 6 ? family : 0,
  });
}
