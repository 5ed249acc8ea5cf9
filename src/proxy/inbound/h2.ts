/** The HTTP/2 front: streams in, exchanges out. The passes, and everything behind them, are those of HTTP/1.1. */
import {
  constants,
  createServer,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Exchange } from '../exchange/exchange.ts';
import { requestEvent } from '../exchange/request-event.ts';
import { drainBody } from '../request/body.ts';
import { isRefusal } from '../request/framing.ts';
import type { CallerResponse } from '../request/http-types.ts';
import { prepareRequest, type UpstreamRequest } from '../request/passes.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { sendPage } from '../response/error-response.ts';
import { admit, type InboundRequest, isTurnedAway, receive } from './admission.ts';
import type { InboundHost } from './h1.ts';
import { guardResets, H2_LIMITS } from './h2-limits.ts';
import { type H2Request, H2Response, requestHead } from './h2-message.ts';

/** Turns the streams of HTTP/2 connections into exchanges. It is fed with connections and opens no port. */
export class H2Inbound {
  readonly #host: InboundHost;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #server = createServer({
    ...H2_LIMITS,
    Http2ServerResponse: H2Response as unknown as typeof Http2ServerResponse,
  });

  constructor(host: InboundHost) {
    this.#host = host;
    this.#server
      .on('request', (request, response) => this.#guard(request as H2Request, response, false))
      .on('checkContinue', (request, response) => this.#guard(request as H2Request, response, true))
      .on('session', (session) => this.#onSession(session))
      // Errors of a session end that session; nothing is to be done about them here.
      .on('sessionError', () => {});
  }

  /** Takes over a connection on which HTTP/2 was agreed. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Lets running streams end and takes no new ones; visitors are told to go elsewhere. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }

  #onSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    guardResets(session);
    // A stream that has nothing to say for now is no reason to send its visitor elsewhere.
    let streams = 0;
    session.on('stream', (stream: ServerHttp2Stream) => {
      streams++;
      stream.once('close', () => {
        streams--;
      });
    });
    session.setTimeout(this.#host.timeouts.idle, () => {
      if (streams === 0) session.close();
    });
    session.on('error', () => {}).once('close', () => this.#sessions.delete(session));
  }

  // An exception here would end the process, and with it every other caller's connection.
  #guard(request: H2Request, response: Http2ServerResponse, expectsContinue: boolean): void {
    try {
      this.#onRequest(request, response, expectsContinue);
    } catch (error) {
      request.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      this.#host.onDefect(error as Error);
    }
  }

  #onRequest(request: H2Request, compat: Http2ServerResponse, expectsContinue: boolean): void {
    const { stream } = request;
    const response = compat as unknown as CallerResponse;
    const socket = stream.session?.socket as Socket | undefined;
    if (!socket) return;
    const visit = receive(this.#host, { socket, request, response });
    // An answer may be complete before the request is (RFC 9113 §8.1).
    response.once('finish', () => {
      if (!stream.readableEnded) drainBody(request, () => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    stream.on('error', () => {});
    const out = this.#admit(visit, !stream.endAfterHeaders);
    if (!out) return;
    if (visit.service?.answersItself) {
      visit.service.answer(visit, out);
      return;
    }
    const exchange = new Exchange(visit.service!, request, response, visit.identity, out);
    exchange.expectsContinue = expectsContinue;
    exchange.forward();
  }

  /** Lets a visit in, or answers it with a page. */
  #admit(visit: InboundRequest, hasBody: boolean): UpstreamRequest | undefined {
    const verdict = admit(visit, (rawHeaders, callerHeaders, context) => {
      const head = requestHead(rawHeaders, hasBody, context.secure ? 'https' : 'http');
      return isRefusal(head) ? head : prepareRequest(head, visit.identity.ip, callerHeaders, context);
    });
    if (!isTurnedAway(verdict)) return verdict;
    this.#answer(visit, verdict.page);
    return undefined;
  }

  #answer({ request, response, identity }: InboundRequest, page: ErrorPage): void {
    const startedAt = performance.now();
    sendPage(request, response, page);
    this.#host.onRequest(requestEvent({ request, identity, status: page.status, bytes: 0, startedAt }));
  }
}
