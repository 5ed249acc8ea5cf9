import { once } from 'node:events';
import type net from 'node:net';
import type { Agent, buildConnector } from 'undici';
import { undici } from '../../undici.ts';
import type { ConnectOptions } from '../net/connect.ts';

/** What a client needs of the node. */
export interface Connects {
  connect(options: ConnectOptions): net.Socket;
}

/**
 * Creates an undici dispatcher that connects over the tailnet; see `Tailnet.dispatcher`.
 *
 * @param options - undici's own; `connect` takes TLS options such as `ca`
 */
export function makeDispatcher(node: Connects, { connect, ...options }: Agent.Options = {}): Agent {
  const { Agent, buildConnector } = undici();
  const tlsOptions = typeof connect === 'object' ? connect : {};
  const timeout = options.connectTimeout ?? tlsOptions.timeout ?? 10_000;
  const secure = buildConnector({ ...tlsOptions, timeout, allowH2: options.allowH2 ?? false });
  return new Agent({
    ...options,
    connect: (target, callback) => {
      dial(node, target, timeout).then(
        (socket) => {
          if (target.protocol === 'https:') secure({ ...target, httpSocket: socket }, callback);
          else callback(null, socket);
        },
        (error) => callback(error, null),
      );
    },
  });
}

/** Creates a `fetch` that uses a dispatcher. It is undici's own, since Node's accepts only dispatchers of its own undici. */
export function fetchThrough(dispatcher: () => Agent): typeof globalThis.fetch {
  return ((input: never, init?: object) =>
    undici().fetch(input, { dispatcher: dispatcher(), ...init })) as unknown as typeof globalThis.fetch;
}

async function dial(node: Connects, target: buildConnector.Options, timeout: number): Promise<net.Socket> {
  const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const socket = node.connect({ host, port });
  const timer = setTimeout(() => socket.destroy(connectTimeout(target, timeout)), timeout || 2 ** 31 - 1);
  try {
    await once(socket, 'connect');
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

function connectTimeout(target: buildConnector.Options, timeout: number): Error {
  const { ConnectTimeoutError } = undici().errors;
  return new ConnectTimeoutError(`Connect Timeout Error (${target.hostname}:${target.port}, ${timeout} ms)`);
}
