/** The HTTP/2 connections to a target: as few as its limit of concurrent streams allows. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Dispatcher } from 'undici';
import { undici } from '../../undici.ts';
import type { RequestBody } from '../request/body.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import type { Timeouts } from '../request/timeouts.ts';
import type { Target } from '../target/target-types.ts';
import { tlsOptions } from '../target/tls.ts';
import { H2Call, type H2CallOptions } from './h2-call.ts';
import { H2Connection } from './h2-connection.ts';

const MOST_CONNECTIONS = 64;

/** Sends requests to one target by HTTP/2; without TLS, with prior knowledge (RFC 9113 §3.3). */
export class H2Upstream {
  readonly #target: Target;
  readonly #patience: number;
  readonly #calls: H2CallOptions;
  readonly #connections = new Set<H2Connection>();
  #destroyed = false;

  constructor(target: Target, timeouts: Required<Timeouts>, sanitize: H2CallOptions['sanitize']) {
    this.#target = target;
    this.#patience = timeouts.connect;
    this.#calls = {
      scheme: target.protocol === 'https' ? 'https' : 'http',
      response: timeouts.response,
      pause: timeouts.pause,
      sanitize,
    };
  }

  /** Sends a request; `handler` gets the response in undici's raw form. */
  dispatch(request: UpstreamRequest, body: RequestBody | undefined, handler: Dispatcher.DispatchHandler): void {
    const call = new H2Call(request, body, handler, this.#calls);
    if (request.upgrade) call.fail(Object.assign(new Error('no upgrade'), { code: 'ERR_HTTP2_NO_UPGRADE' }));
    else this.#send(call);
  }

  /** Ends all connections; requests in progress fail. */
  destroy(): void {
    this.#destroyed = true;
    for (const connection of this.#connections) connection.destroy();
  }

  #send(call: H2Call): void {
    if (call.ended) return;
    if (this.#destroyed) call.fail(new (undici().errors.ClientDestroyedError)());
    else this.#connection().add(call);
  }

  #connection(): H2Connection {
    let least: H2Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.hasRoom) return connection;
      if (connection.open && (!least || connection.load < least.load)) least = connection;
    }
    return least && this.#connections.size >= MOST_CONNECTIONS ? least : this.#open();
  }

  #open(): H2Connection {
    const connection = new H2Connection({
      open: () => this.#dial(),
      patience: this.#patience,
      onReturn: (call) => this.#send(call),
      onClose: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    return connection;
  }

  #dial(): Socket {
    const { host, port, socketPath, protocol } = this.#target;
    if (protocol !== 'https')
      return connectTcp({ ...(socketPath ? { path: socketPath } : { host, port }), noDelay: true });
    const socket = connectTls({ host, port, ...tlsOptions(this.#target), ALPNProtocols: ['h2'] });
    return socket.setNoDelay().once('secureConnect', () => {
      if (socket.alpnProtocol === 'h2') return;
      socket.destroy(Object.assign(new Error('ALPN has another protocol'), { code: 'ERR_HTTP2_ALPN' }));
    });
  }
}
