/** HTTP/2 from callers: streams in, exchanges out. The passes and everything behind them are those of HTTP/1.1. */
import {
  constants,
  createServer,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Exchange } from '../exchange/exchange.ts';
import type { ProxyHost } from '../exchange/proxy-host.ts';
import { drainBody } from '../request/body.ts';
import { isRefusal } from '../request/framing.ts';
import type { CallerResponse } from '../request/http-types.ts';
import { prepareRequest } from '../request/passes.ts';
import { admit, answerLocalTarget, answerWithPage, isRejected, reportUnread } from './admission.ts';
import { CALM_DOWN, guardFrames, guardResets, H2_LIMITS } from './h2-limits.ts';
import { type H2Request, H2Response, requestHead } from './h2-message.ts';

/** Turns the streams of HTTP/2 connections into exchanges. It is fed with connections and opens no port. */
export class H2Inbound {
  readonly #proxy: ProxyHost;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server = createServer({
    ...H2_LIMITS,
    Http2ServerResponse: H2Response as unknown as typeof Http2ServerResponse,
  });

  constructor(proxy: ProxyHost) {
    this.#proxy = proxy;
    this.#server
      .on('request', (request, response) => this.#guard(request as H2Request, response, false))
      .on('checkContinue', (request, response) => this.#guard(request as H2Request, response, true))
      // An error of a session ends that session, and there is nothing to do about it here.
      .on('sessionError', () => {});
  }

  /** Takes over a connection on which HTTP/2 was agreed. */
  accept(socket: Socket): void {
    // Half of a connection is of no use in HTTP/2: without WINDOW_UPDATE, nothing goes the other way for long.
    // rule: the streams of a caller that has hung up end, and with them its requests at the target
    // mutate: false => true
    socket.allowHalfOpen = false;
    this.#server.once('session', (session) => this.#onSession(session, socket)).emit('connection', socket);
  }

  /** Lets open streams end and takes no new ones. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }

  #onSession(session: ServerHttp2Session, socket: Socket): void {
    this.#sessions.add(session);
    guardResets(session, socket);
    guardFrames(session, socket);
    // A connection with an open stream is in use, even if the stream is silent for now.
    let streams = 0;
    session.on('stream', (stream: ServerHttp2Stream) => {
      streams++;
      stream.once('close', () => {
        streams--;
      });
    });
    session.setTimeout(this.#proxy.timeouts.idle, () => {
      if (streams === 0) session.close();
    });
    session.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'ERR_HTTP2_ERROR') reportUnread(this.#proxy, socket, 0, 'The connection does not follow HTTP/2.');
      if (code === CALM_DOWN) reportUnread(this.#proxy, socket, 0, message);
    });
    session.once('close', () => this.#sessions.delete(session));
  }

  #guard(request: H2Request, response: Http2ServerResponse, expectsContinue: boolean): void {
    try {
      this.#onRequest(request, response, expectsContinue);
    } catch (error) {
      // An exception would end the process, and with it every other caller's connection.
      // rule: a defect only ends one stream
      // mutate: request.stream.close(constants.NGHTTP2_INTERNAL_ERROR) => throw error
      request.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      this.#proxy.onDefect(error as Error);
    }
  }

  #onRequest(request: H2Request, compat: Http2ServerResponse, expectsContinue: boolean): void {
    const { stream } = request;
    const response = compat as unknown as CallerResponse;
    const socket = stream.session?.socket as Socket | undefined;
    if (!socket) return;
    const inbound = { socket, request, response, identity: this.#proxy.identify(socket) };
    // A response may be complete before its request is (RFC 9113 §8.1).
    response.once('finish', () => {
      if (!stream.readableEnded) drainBody(request, () => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    stream.on('error', () => {});
    const outcome = admit(this.#proxy, inbound, (rawHeaders, callerHeaders, context) => {
      const head = requestHead(rawHeaders, !stream.endAfterHeaders, context.secure ? 'https' : 'http');
      return isRefusal(head) ? head : prepareRequest(head, inbound.identity.ip, callerHeaders, context);
    });
    if (isRejected(outcome)) {
      answerWithPage(this.#proxy, inbound, outcome.page);
    } else if (outcome.upstream.target.local) {
      answerLocalTarget(this.#proxy, outcome);
    } else {
      const exchange = new Exchange(this.#proxy, outcome);
      exchange.expectsContinue = expectsContinue;
      const leave = this.#proxy.shares.enter(inbound.identity, () => stream.destroyed || exchange.forward());
      stream.once('close', leave);
    }
  }
}
