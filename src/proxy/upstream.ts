/** The connections to the service: one pool of undici, one request at a time on each connection. */
import { isIP, type Socket } from 'node:net';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { TsexposeError } from '../errors.ts';
import type { ServiceRequest } from './request.ts';
import type { Target } from './target.ts';
import type { Timeouts } from './timeouts.ts';

const REUSED = Symbol('reused');

/** Sends requests to one target. */
export class Upstream {
  readonly #pool: Pool;
  readonly #servername: string | undefined;

  constructor(target: Target, timeouts: Required<Timeouts>) {
    if (target.protocol === 'h2c') {
      const message = `Expected a service that speaks HTTP/1.1; HTTP/2 without TLS (${target.url}) is not spoken yet.`;
      throw new TsexposeError('ERR_TSEXPOSE_INVALID_TARGET', message, {
        suggestions: [`tsexpose http://${target.authority}`, `tsexpose tcp://${target.authority}`],
      });
    }
    // undici would take the name for TLS from the visitor's Host, and reconnect whenever it changes.
    this.#servername = target.protocol === 'https' ? target.host : undefined;
    const scheme = target.protocol === 'https' ? 'https' : 'http';
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    this.#pool = new Pool(target.socketPath ? 'http://localhost' : `${scheme}://${host}:${target.port || 80}`, {
      connect: connector(target, timeouts.connect),
      // One request at a time: an answer can never be taken for that of another request.
      pipelining: 1,
      headersTimeout: timeouts.response,
      // Events and long polls are silent for hours.
      bodyTimeout: 0,
      maxHeaderSize: 64 * 1024,
    });
  }

  /** Sends a request; `handler` gets what comes back, in undici's raw form. */
  dispatch(
    request: ServiceRequest,
    body: Dispatcher.DispatchOptions['body'],
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { method, path, headers, upgrade } = request;
    this.#pool.dispatch(
      // TypeScript's list of methods is shorter than the registry's.
      {
        method: method as Dispatcher.HttpMethod,
        path,
        headers,
        body: body ?? null,
        upgrade: upgrade ?? null,
        servername: this.#servername,
      } as Dispatcher.DispatchOptions,
      handler,
    );
  }

  /** Ends all connections; what is under way fails. */
  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Whether a failure hit a connection that had carried a response before, and so may be no fault of the service. */
export function hitReusedConnection(error: Error): boolean {
  if (REUSED in error) return error[REUSED] === true;
  const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } };
  return code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0;
}

function connector(target: Target, timeout: number): buildConnector.connector {
  const connect = buildConnector({
    timeout,
    // A tunnel lives on when one side has said all it had to say.
    allowHalfOpen: true,
    ...(target.socketPath ? { socketPath: target.socketPath } : {}),
    ...(target.insecure ? { rejectUnauthorized: false } : {}),
  });
  const servername = isIP(target.host) === 0 ? target.host : '';
  return (options, callback) =>
    connect({ ...options, servername }, (...result) => {
      const [error, socket] = result;
      if (error === null && socket) markErrors(socket);
      callback(...result);
    });
}

function markErrors(socket: Socket): void {
  socket.prependListener('error', (error) => Object.assign(error, { [REUSED]: socket.bytesRead > 0 }));
}
