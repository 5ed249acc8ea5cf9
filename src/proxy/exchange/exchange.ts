/** One request and its answer: undici's raw handler on one side, Node's response on the other. */
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Identity } from '../../identity/identity.ts';
import { drainBody, RequestBody } from '../request/body.ts';
import type { Refusal } from '../request/framing.ts';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import type { Timeouts } from '../request/timeouts.ts';
import { failurePage, refusalPage, sendPage } from '../response/error-response.ts';
import { interimHead, type ResponseHead, responseHead, trailerPairs } from '../response/head.ts';
import { diagnose, type Failure } from '../target/diagnose.ts';
import type { Target } from '../target/target.ts';
import type { UpstreamPool } from '../upstream/pool.ts';
import { hitReusedConnection } from '../upstream/reuse.ts';

/** What an exchange needs of the server that it belongs to. */
export interface ExchangeHost {
  readonly target: Target;
  readonly upstream: UpstreamPool;
  readonly timeouts: Required<Timeouts>;
  /** Whether connections are to end after the answer under way. */
  readonly closing: boolean;
  /** The service answered. */
  onAnswer(): void;
  /** The service did not answer. */
  onFailure(failure: Failure): void;
  /** Nothing more will happen in this exchange. */
  onEnd(exchange: Exchange): void;
}

// RFC 9110 §9.2.1: these may be sent again when nobody knows whether they arrived.
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Forwards one request. Its public methods starting with `on` are undici's. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly request: CallerRequest;
  readonly response: CallerResponse;
  readonly identity: Identity;
  readonly startedAt: number;
  /** Bytes of response body that the visitor was sent. */
  bytes = 0;
  /** Status that the visitor got; 0 for none. */
  status = 0;
  /** Whether the visitor waits for `100 Continue`. */
  expectsContinue = false;
  /** Called when the service has changed the protocol; nothing else is called after it. */
  onTunnel: ((head: ResponseHead, service: Duplex) => void) | undefined;
  /** Called when nothing more will happen in this exchange. */
  onEnd: (() => void) | undefined;

  readonly #host: ExchangeHost;
  readonly #out: UpstreamRequest;
  #body: RequestBody | undefined;
  #abort: ((error?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #stall: NodeJS.Timeout | undefined;
  #answered = false;
  #ended = false;
  #attempts = 0;

  constructor(
    host: ExchangeHost,
    request: CallerRequest,
    response: CallerResponse,
    identity: Identity,
    out: UpstreamRequest,
  ) {
    this.#host = host;
    this.request = request;
    this.response = response;
    this.identity = identity;
    this.startedAt = performance.now();
    this.#out = out;
    response.on('close', () => this.#end());
  }

  /** Sends the request to the service. */
  forward(): void {
    this.#attempts++;
    if (this.#out.hasBody) this.#body = this.#requestBody();
    this.#host.upstream.dispatch(this.#out, this.#body, this);
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    if (this.#ended) abort();
  }

  /** The first byte of an answer. */
  onResponseStarted(): void {
    this.#answered = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    if (this.#ended) return false;
    if (status < 200) {
      this.#inform(status, responseHead(raw, status));
      return true;
    }
    this.#host.onAnswer();
    this.#resume = resume;
    this.status = status;
    const head = responseHead(raw, status);
    const { response } = this;
    if (head.trailer !== undefined && mayHaveTrailers(this, status, head)) head.headers.push('Trailer', head.trailer);
    if (this.#host.closing) response.shouldKeepAlive = false;
    response.writeHead(status, /^[\t\x20-\x7e]*$/.test(statusText) ? statusText : '', head.headers);
    // A body that follows in the same read goes out in one piece with the head; a head without one must not wait.
    process.nextTick(flushHead, this);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#ended) return false;
    this.bytes += chunk.length;
    if (this.response.write(chunk)) return true;
    this.#waitForDrain();
    return false;
  }

  onComplete(trailers: Buffer[] | string[] | null): void {
    if (this.#ended) return;
    if (trailers && trailers.length > 0) this.response.addTrailers(trailerPairs(trailers as Buffer[]));
    this.response.end();
  }

  onUpgrade(status: number, raw: Buffer[] | string[] | null, service: Duplex): void {
    if (this.#ended) {
      service.on('error', () => {}).destroy();
      return;
    }
    this.#host.onAnswer();
    const head = responseHead((raw ?? []) as Buffer[]);
    if (head.upgrade === 'websocket' && this.onTunnel) {
      this.status = status;
      this.onTunnel(head, service);
    } else {
      service.on('error', () => {}).destroy();
      this.fail(diagnose(Object.assign(new Error('bad upgrade'), { code: 'HPE_UPGRADE' }), this.#host.target));
    }
  }

  onError(error: Error): void {
    if (this.#ended) return;
    if (this.response.headersSent) {
      // The visitor has to see that the answer is not whole.
      this.response.destroy();
    } else if (this.#mayRepeat(error)) {
      this.forward();
    } else {
      this.fail(diagnose(error, this.#host.target));
    }
  }

  /** Answers with the proxy's own page about a failure. */
  fail(failure: Failure): void {
    this.#host.onFailure(failure);
    this.status = failure.status;
    sendPage(this.request, this.response, failurePage(failure, this.identity), this.#host.closing);
  }

  /** Gives up on a request that went wrong after its head, at the service too. */
  refuse(refusal: Refusal): void {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    this.status = refusal.status;
    sendPage(this.request, this.response, refusalPage(refusal), true);
    this.#abort?.();
  }

  // A connection that the service closed while the request was on its way says nothing about the service.
  #mayRepeat(error: Error): boolean {
    return (
      this.#attempts === 1 &&
      !this.#answered &&
      !this.#out.hasBody &&
      !this.#out.upgrade &&
      SAFE.has(this.#out.method) &&
      hitReusedConnection(error)
    );
  }

  #requestBody(): RequestBody {
    return new RequestBody(this.request, {
      // The two sides of a stream of gRPC have nothing to say for hours.
      silence: this.#out.h2 ? 0 : this.#host.timeouts.body,
      onWanted: () => {
        if (this.expectsContinue && !this.response.headersSent) this.response.writeContinue();
      },
      onSilence: () => this.refuse({ status: 408, reason: 'The request body stopped coming.' }),
    });
  }

  #inform(status: number, head: ResponseHead): void {
    const { request, response } = this;
    if (response.writeInterim) {
      if (!response.headersSent) response.writeInterim(status, head);
      return;
    }
    // HTTP/1.0 knows no interim answers; behind another answer of the connection a hint would come too late anyway.
    if (request.httpVersion === '1.0' || response.headersSent || !response.socket) return;
    // Node's writeEarlyHints() refuses two links in one header.
    response.socket.write(interimHead(status, head));
  }

  #waitForDrain(): void {
    if (this.#host.timeouts.stall > 0) {
      this.#stall = setTimeout(() => this.response.destroy(), this.#host.timeouts.stall).unref();
    }
    this.response.once('drain', () => {
      clearTimeout(this.#stall);
      this.#resume?.();
    });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#stall);
    if (!this.response.writableFinished) this.#abort?.();
    if (this.#body) {
      this.#body.destroy();
      drainBody(this.request);
    }
    this.onEnd?.();
    this.#host.onEnd(this);
  }
}

function flushHead({ response, bytes }: Exchange): void {
  if (bytes === 0 && !response.writableEnded) response.flushHeaders();
}

function mayHaveTrailers({ request }: Exchange, status: number, { hasLength }: ResponseHead): boolean {
  return request.httpVersion !== '1.0' && request.method !== 'HEAD' && !hasLength && status !== 204 && status !== 304;
}
