/**
 * The connections to a target: a pool of undici with one request at a time on each connection, and HTTP/2 for `h2c://`
 * targets and for gRPC, which does not exist over HTTP/1.1.
 */
import type { Socket } from 'node:net';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import { undici } from '../../undici.ts';
import type { RequestBody } from '../request/body.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import type { Timeouts } from '../request/timeouts.ts';
import { MAX_RESPONSE_HEAD } from '../response/head.ts';
import type { Target } from '../target/target-types.ts';
import { tlsOptions } from '../target/tls.ts';
import { readAfterFailedWrite } from './early-response.ts';
import { H2Upstream } from './h2-upstream.ts';
import { markReused } from './reuse.ts';

/** Sends requests to one target. */
export class UpstreamPool {
  readonly #makePool: () => Pool;
  #pool: Pool | undefined;
  #destroyed = false;
  readonly #servername: string | undefined;
  readonly #h2: H2Upstream;

  /**
   * @param sanitize removes from a caller's trailers what the caller may not say
   * @param keep how long an idle connection is kept, in milliseconds; 0 for undici's default
   */
  constructor(
    target: Target,
    timeouts: Required<Timeouts>,
    sanitize: (trailers: readonly string[]) => string[],
    keep = 0,
  ) {
    this.#h2 = new H2Upstream(target, timeouts, sanitize);
    // undici would take the name for TLS from the caller's Host, and reconnect whenever it changes.
    this.#servername = target.protocol === 'https' ? target.host : undefined;
    const scheme = target.protocol === 'https' ? 'https' : 'http';
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    const origin = target.socketPath ? 'http://localhost' : `${scheme}://${host}:${target.port || 80}`;
    const options: Pool.Options = {
      ...(keep > 0 && { keepAliveTimeout: keep }),
      // rule: an upstream connection carries one request at a time — mutate: pipelining: 1 => pipelining: 10
      pipelining: 1,
      // rule: with --idle-timeout, a target responds in time — mutate: timeouts.response => 0
      headersTimeout: timeouts.response,
      // Event streams and long polls can be silent for hours, if the user does not say otherwise.
      bodyTimeout: timeouts.pause,
      // rule: a response has at most 1 MiB of headers — mutate: MAX_RESPONSE_HEAD => 1 << 28
      maxHeaderSize: MAX_RESPONSE_HEAD,
    };
    this.#makePool = () => new (undici().Pool)(origin, { ...options, connect: connector(target, timeouts.connect) });
  }

  /** Sends a request; `handler` gets the response in undici's raw form. */
  dispatch(request: UpstreamRequest, body: RequestBody | undefined, handler: Dispatcher.DispatchHandler): void {
    if (request.h2) {
      this.#h2.dispatch(request, body, handler);
      return;
    }
    const { method, path, headers, upgrade } = request;
    this.#pool ??= this.#makePool();
    if (this.#destroyed) void this.#pool.destroy();
    this.#pool.dispatch(
      // TypeScript's list of methods is shorter than the registry's.
      {
        method: method as Dispatcher.HttpMethod,
        path,
        headers,
        body: body ?? null,
        upgrade: upgrade ?? null,
        // A target that leaves a body unread would take it for the next request, of any caller. HTTP/2 has frames for it.
        // rule: a connection that has carried a body carries no other request
        reset: body ? true : null,
        servername: this.#servername,
      } as Dispatcher.DispatchOptions,
      handler,
    );
  }

  /** Ends all connections; requests in progress fail. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    this.#h2.destroy();
    await this.#pool?.destroy();
  }
}

function connector(target: Target, timeout: number): buildConnector.connector {
  const { servername, ...tls } = tlsOptions(target);
  const connect = undici().buildConnector({
    timeout,
    // A tunnel stays open when one side has ended its half.
    allowHalfOpen: true,
    ...(target.socketPath ? { socketPath: target.socketPath } : {}),
    ...tls,
  });
  return (options, callback) =>
    connect({ ...options, servername }, (...result) => {
      const [error, socket] = result;
      if (error === null && socket) {
        markErrors(socket);
        readAfterFailedWrite(socket);
      }
      callback(...result);
    });
}

function markErrors(socket: Socket): void {
  socket.prependListener('error', (error) => markReused(error, socket.bytesRead > 0));
}
