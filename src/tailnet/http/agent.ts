import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
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

  override createConnection(options: http.ClientRequestArgs): Duplex {
    return open(this.#node, options);
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

  override createConnection(options: https.RequestOptions, callback?: Callback): Duplex | null | undefined {
    // Node's own method adds session resumption and takes the server name from the host.
    return super.createConnection({ ...options, socket: open(this.#node, options) } as https.RequestOptions, callback);
  }
}

function open(node: Connects, { host, port, family, timeout }: http.ClientRequestArgs): net.Socket {
  return node.connect({
    host: (host ?? 'localhost').replace(/^\[|\]$/g, ''),
    port: Number(port),
    family: family === 4 || family === 6 ? family : 0,
    timeout,
  });
}
