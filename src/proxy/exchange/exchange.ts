/** One request and its response: undici's raw handler on one side, Node's response on the other. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Identity } from '../../identity/identity.ts';
import { drainBody, RequestBody } from '../request/body.ts';
import { BODY_STOPPED, type Refusal } from '../request/framing.ts';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import { failurePage, refusalPage, sendPage } from '../response/error-response.ts';
import { interimHead, type ResponseHead, responseHead, trailerPairs } from '../response/head.ts';
import { diagnose, type Failure } from '../target/diagnose.ts';
import { hitReusedConnection } from '../upstream/reuse.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ProxyHost } from './proxy-host.ts';

/** What the two sides of an exchange are. */
export interface ExchangeOptions {
  /** The connection that the request came on. */
  socket: Socket;
  request: CallerRequest;
  response: CallerResponse;
  identity: Identity;
  upstream: Upstream;
  /** The request as the upstream gets it. */
  out: UpstreamRequest;
}

// RFC 9110 §9.2.1: these may be sent again when it is unclear whether they arrived.
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

// How much of a body may tell what it is.
const REFUSAL_BYTES = 16_384;

/** Forwards one request. Its public methods starting with `on` are undici's. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly request: CallerRequest;
  readonly response: CallerResponse;
  readonly identity: Identity;
  readonly startedAt: number;
  /** Bytes of response body that the caller was sent. */
  bytes = 0;
  /** Status that the caller got; 0 for none. */
  status = 0;
  /** What went wrong at the target, in the terms of RFC 9209 §2.3. */
  error: string | undefined;
  /** Whether the connection to the caller closed before the response was complete. */
  aborted = false;
  /** Why it was refused. */
  reason: string | undefined;
  /** Whether the caller waits for `100 Continue`. */
  expectsContinue = false;
  /** Called when the target has changed the protocol; nothing else is called after it. */
  onTunnel: ((head: ResponseHead, upstream: Duplex) => void) | undefined;
  /** Called when the exchange is over. */
  onEnd: (() => void) | undefined;

  readonly #proxy: ProxyHost;
  readonly #upstream: Upstream;
  readonly #out: UpstreamRequest;
  readonly #socket: Socket;
  #body: RequestBody | undefined;
  #abort: ((error?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #stall: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #responded = false;
  #refused = false;
  /** How a body begins that may be a development server's refusal. */
  #suspect: string | undefined;
  #ended = false;
  #attempts = 0;

  constructor(proxy: ProxyHost, { socket, request, response, identity, upstream, out }: ExchangeOptions) {
    this.#proxy = proxy;
    this.#upstream = upstream;
    this.#out = out;
    this.#socket = socket;
    this.request = request;
    this.response = response;
    this.identity = identity;
    this.startedAt = performance.now();
    response.on('close', () => this.#end());
  }

  /** The headers that the upstream gets. */
  get sent(): readonly string[] {
    return this.#out.headers;
  }

  /** Sends the request to the upstream. */
  forward(): void {
    this.#attempts++;
    if (this.#out.hasBody) this.#body = this.#requestBody().once('end', () => this.#waitForHead());
    else this.#waitForHead();
    const { identity } = this;
    this.#upstream.dispatch(this.#out, this.#body, this, { socket: this.#socket, identity });
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    if (this.#ended) abort();
  }

  /** The first byte of a response. */
  onResponseStarted(): void {
    this.#responded = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    if (this.#ended) return false;
    clearTimeout(this.#silence);
    if (status < 200) {
      this.#inform(status, responseHead(raw, status));
      return true;
    }
    this.#upstream.onResponse(status, raw);
    this.#suspect = this.#upstream.refusals.mayBe(status) ? '' : undefined;
    this.#resume = resume;
    this.status = status;
    const head = responseHead(raw, status);
    this.#upstream.mapBack(head.headers, this.#out);
    const { response } = this;
    if (head.trailer !== undefined && mayHaveTrailers(this, status, head)) head.headers.push('Trailer', head.trailer);
    if (this.#proxy.closing) response.shouldKeepAlive = false;
    response.writeHead(status, /^[\t\x20-\x7e]*$/.test(statusText) ? statusText : '', head.headers);
    // A body that comes in the same read goes out in one piece with the head; a head without one must not wait.
    process.nextTick(flushHead, this);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#ended) return false;
    this.bytes += chunk.length;
    if (this.#suspect !== undefined) this.#noteRefusal(this.status, chunk);
    if (this.response.write(chunk)) return true;
    this.#waitForDrain();
    return false;
  }

  onComplete(trailers: Buffer[] | string[] | null): void {
    if (this.#ended) return;
    if (trailers && trailers.length > 0) this.response.addTrailers(trailerPairs(trailers as Buffer[]));
    this.response.end();
  }

  onUpgrade(status: number, raw: Buffer[] | string[] | null, upstream: Duplex): void {
    if (this.#ended) {
      upstream.on('error', () => {}).destroy();
      return;
    }
    clearTimeout(this.#silence);
    this.#upstream.onResponse(status, raw ?? []);
    const head = responseHead((raw ?? []) as Buffer[]);
    this.#upstream.mapBack(head.headers, this.#out);
    // rule: the target changes to a WebSocket or not at all
    // mutate: head.upgrade === 'websocket' && this.onTunnel => this.onTunnel
    if (head.upgrade === 'websocket' && this.onTunnel) {
      this.status = status;
      this.onTunnel(head, upstream);
    } else {
      upstream.on('error', () => {}).destroy();
      this.fail(diagnose(Object.assign(new Error('bad upgrade'), { code: 'HPE_UPGRADE' }), this.#upstream.target));
    }
  }

  onError(error: Error): void {
    // What follows a refusal is our own abort.
    if (this.#ended || this.#refused) return;
    if (this.response.headersSent) {
      this.error = this.#upstream.health.onBreak(diagnose(error, this.#upstream.target));
      // rule: the caller can tell that a response broke off — mutate: destroy() => end()
      this.response.destroy();
    } else if (this.#mayRepeat(error)) {
      this.forward();
    } else {
      // Next.js rejects a WebSocket with bytes that are not HTTP.
      if (this.#out.upgrade && isMalformed(error)) this.#noteRefusal(0);
      this.fail(diagnose(error, this.#upstream.target));
    }
  }

  /** Responds with the proxy's own page about a failure. */
  fail(failure: Failure): void {
    clearTimeout(this.#silence);
    this.#upstream.health.onFailure(failure);
    this.error = failure.error;
    this.status = failure.status;
    sendPage(this.request, this.response, failurePage(failure, this.identity), this.#proxy.closing);
  }

  /** Gives up on a request that went wrong after its head, at the target too. */
  refuse(refusal: Refusal): void {
    this.#refused = true;
    this.reason = refusal.reason;
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    this.status = refusal.status;
    sendPage(this.request, this.response, refusalPage(refusal), true);
    this.#abort?.();
  }

  // A connection that the target closed while the request was on its way says nothing about the target.
  #mayRepeat(error: Error): boolean {
    // rule: a request is sent at most twice — mutate: this.#attempts === 1 => true
    // rule: only safe methods are sent again — mutate: SAFE.has(this.#out.method) => true
    // rule: only a request on a reused connection is sent again — mutate: hitReusedConnection(error) => true
    return (
      this.#attempts === 1 &&
      !this.#responded &&
      !this.#out.hasBody &&
      !this.#out.upgrade &&
      SAFE.has(this.#out.method) &&
      hitReusedConnection(error)
    );
  }

  #noteRefusal(status: number, body?: Buffer): void {
    const { origin = '', path } = this.#out;
    const text = (this.#suspect ?? '') + (body?.toString('latin1', 0, REFUSAL_BYTES) ?? '');
    this.#suspect = body && text.length < REFUSAL_BYTES ? text : undefined;
    this.#upstream.refusals.note({ status, path, text, host: origin.replace(/^.*:\/\//, '') });
  }

  #requestBody(): RequestBody {
    return new RequestBody(this.request, {
      // The two sides of a gRPC stream may be silent for hours.
      silence: this.#out.h2 ? 0 : this.#proxy.timeouts.body,
      onWanted: () => {
        // rule: 100 Continue is only sent once the target is there
        if (this.expectsContinue && !this.response.headersSent) this.response.writeContinue();
      },
      // rule: a request whose body stops arriving is refused — mutate: this.refuse => void
      onSilence: () => this.refuse(BODY_STOPPED),
    });
  }

  #inform(status: number, head: ResponseHead): void {
    const { request, response } = this;
    if (response.writeInterim) {
      if (!response.headersSent) response.writeInterim(status, head);
      return;
    }
    // Behind another response of the connection a hint would come too late anyway.
    // rule: HTTP/1.0 gets no interim response — mutate: request.httpVersion === '1.0' => false
    if (request.httpVersion === '1.0' || response.headersSent || !response.socket) return;
    // Node's writeEarlyHints() refuses two links in one header.
    response.socket.write(interimHead(status, head));
  }

  /** Starts the time after which a target without a word is worth a warning. */
  #waitForHead(): void {
    const { silence, response } = this.#proxy.timeouts;
    clearTimeout(this.#silence);
    if (silence === 0 || this.#ended || this.status !== 0) return;
    this.#silence = setTimeout(() => this.#upstream.health.onSilence(silence, response), silence).unref();
  }

  #waitForDrain(): void {
    if (this.#proxy.timeouts.stall > 0) {
      // rule: a caller that does not read its response loses it
      this.#stall = setTimeout(() => this.response.destroy(), this.#proxy.timeouts.stall).unref();
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
    clearTimeout(this.#silence);
    this.aborted = !this.response.writableFinished && this.error === undefined;
    // rule: a caller that goes away ends its request at the target
    if (!this.response.writableFinished) this.#abort?.();
    if (this.#body) {
      this.#body.destroy();
      drainBody(this.request);
    }
    this.onEnd?.();
    this.#proxy.onRequest(this);
  }
}

function isMalformed(error: Error): boolean {
  return `${(error as NodeJS.ErrnoException).code}`.startsWith('HPE_');
}

function flushHead({ response, bytes }: Exchange): void {
  if (bytes === 0 && !response.writableEnded) response.flushHeaders();
}

function mayHaveTrailers({ request }: Exchange, status: number, { hasLength }: ResponseHead): boolean {
  return request.httpVersion !== '1.0' && request.method !== 'HEAD' && !hasLength && status !== 204 && status !== 304;
}
