/** One request to the service by HTTP/2, and its answer in the raw form of undici that an exchange takes. */
import { STATUS_CODES } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { type Dispatcher, errors } from 'undici';
import { headerTable } from '../inbound/h2-message.ts';
import type { RequestBody } from '../request/body.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import { trailerPairs } from '../response/head.ts';
import { markReused } from './reuse.ts';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

const MOST_ATTEMPTS = 3;

/** What a call needs of the connection that carries it. */
export interface H2Carrier {
  readonly session: ClientHttp2Session;
  /** Whether the service has answered on this connection before. */
  readonly reused: boolean;
  /** The service has answered a call. */
  onAnswer(): void;
  /** The call has left the connection; `refused` where the service has not looked at it, and another may carry it. */
  onEnd(call: H2Call, refused: boolean): void;
  /** The service has been silent for too long: it may be gone without a word. */
  onSilence(): void;
}

/** What is the same for all calls of a target. */
export interface H2CallOptions {
  /** Milliseconds for the head of an answer, from the end of the request; 0 for ever. */
  response: number;
  scheme: 'http' | 'https';
  /** Takes out of a visitor's trailers what is not the visitor's to say. */
  sanitize: (trailers: readonly string[]) => string[];
}

/** A request that waits for a connection, or is on one. */
export class H2Call {
  readonly #request: UpstreamRequest;
  readonly #body: RequestBody | undefined;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #options: H2CallOptions;
  #stream: ClientHttp2Stream | undefined;
  #carrier: H2Carrier | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #answered = false;
  #ended = false;
  #error: Error | undefined;

  constructor(
    request: UpstreamRequest,
    body: RequestBody | undefined,
    handler: Dispatcher.DispatchHandler,
    options: H2CallOptions,
  ) {
    this.#request = request;
    this.#body = body;
    this.#handler = handler;
    this.#options = options;
    // Leaving is noticed while the call waits for a connection, too.
    handler.onConnect?.(() => this.#cancel());
    body?.on('error', (error) => this.fail(error)).once('close', () => this.#endEarly());
  }

  /** Whether nothing more will come of it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Sends the request on a connection. */
  start(carrier: H2Carrier): void {
    this.#carrier = carrier;
    this.#attempts++;
    const head = requestHead(this.#request, this.#options.scheme);
    const body = this.#body;
    const stream = carrier.session.request(head, { endStream: !body, waitForTrailers: body !== undefined });
    this.#stream = stream;
    stream
      .on('response', (headers, flags) => this.#guard(() => this.#onResponse(headers, flags)))
      .on('headers', (headers) => this.#guard(() => this.#onInterim(headers)))
      .on('wantTrailers', () => this.#sendTrailers())
      // Node ends the stream right after this; what is piped on would be an error.
      .on('aborted', () => body?.unpipe(stream))
      .on('error', (error) => {
        this.#error = error;
      })
      .once('close', () => this.#onClose());
    if (!body) this.#watch();
    else body.once('end', () => this.#watch()).pipe(stream);
  }

  /** Ends the call with an error for the visitor. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#stream?.close(NGHTTP2_CANCEL);
    this.#handler.onError?.(error);
  }

  /** An answer that cannot be passed on is one visitor's failure. As an exception it would be everybody's. */
  #guard(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  #onResponse(headers: IncomingHttpHeaders, flags: number): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    const stream = this.#stream!;
    this.#answered = true;
    this.#carrier?.onAnswer();
    this.#handler.onResponseStarted?.();
    const status = headers[':status'] as unknown as number;
    this.#handler.onHeaders?.(status, rawList(headers), () => stream.resume(), STATUS_CODES[status] ?? '');
    // An answer that is all head stays one: gRPC has its errors there.
    if (flags & NGHTTP2_FLAG_END_STREAM) {
      this.#complete([]);
      stream.resume();
      return;
    }
    let trailers: Buffer[] = [];
    stream
      .on('trailers', (fields: IncomingHttpHeaders) => {
        trailers = rawList(fields);
      })
      .on('data', (chunk: Buffer) => {
        if (!this.#ended && this.#handler.onData?.(chunk) === false) stream.pause();
      })
      // A stream that was reset ends as well.
      .once('end', () => this.#guard(() => stream.rstCode === NGHTTP2_NO_ERROR && this.#complete(trailers)));
  }

  #onInterim(headers: IncomingHttpHeaders): void {
    const status = headers[':status'] as unknown as number;
    if (!this.#ended && status > 100) this.#handler.onHeaders?.(status, rawList(headers), () => {}, '');
  }

  #sendTrailers(): void {
    const stream = this.#stream!;
    if (stream.destroyed || stream.closed) return;
    const raw = this.#options.sanitize(this.#body?.trailers ?? []);
    const pairs = trailerPairs(raw.map((text) => Buffer.from(text, 'latin1')));
    stream.sendTrailers(headerTable(pairs.flat()));
  }

  #complete(trailers: Buffer[]): void {
    if (this.#ended) return;
    this.#end();
    this.#handler.onComplete?.(trailers as unknown as string[]);
  }

  #onClose(): void {
    const carrier = this.#carrier!;
    // RFC 9113 §8.7: the service has not looked at it. What was read of the body cannot be sent again, though.
    const refused = this.#stream!.rstCode === NGHTTP2_REFUSED_STREAM && !this.#body?.readableDidRead;
    if (refused && !this.#ended && this.#attempts < MOST_ATTEMPTS) {
      clearTimeout(this.#timer);
      carrier.onEnd(this, true);
      return;
    }
    carrier.onEnd(this, false);
    const gone = Object.assign(new Error('The service closed the connection'), { code: 'ECONNRESET' });
    this.fail(markReused(this.#error ?? gone, carrier.reused && !refused));
  }

  /** Waits for an answer from the moment at which the service has the whole request. */
  #watch(): void {
    if (this.#ended || this.#answered || this.#options.response === 0) return;
    this.#timer = setTimeout(() => {
      this.#carrier?.onSilence();
      this.fail(new errors.HeadersTimeoutError());
    }, this.#options.response).unref();
  }

  /** The visitor has gone. */
  #cancel(): void {
    this.#end();
    this.#stream?.close(NGHTTP2_CANCEL);
  }

  /** Nobody sends the rest of the body any more: the answer is complete, or there will be none. */
  #endEarly(): void {
    const stream = this.#stream;
    if (!stream || this.#body?.readableEnded) return;
    this.#body?.unpipe(stream);
    stream.close(this.#ended ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}

// What HTTP/1.1 says about a connection is said in frames here.
const ABOUT_CONNECTION = /^(connection|host|http2-settings|keep-alive|proxy-connection|transfer-encoding|upgrade)$/i;

function requestHead({ method, path, headers }: UpstreamRequest, scheme: string) {
  let authority = '';
  const fields: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'host') authority = headers[i + 1]!;
    else if (!ABOUT_CONNECTION.test(headers[i]!)) fields.push(headers[i]!, headers[i + 1]!);
  }
  return Object.assign(headerTable(fields), {
    ':method': method,
    ':scheme': scheme,
    ':authority': authority,
    ':path': path,
  });
}

function rawList(headers: IncomingHttpHeaders): Buffer[] {
  const raw: Buffer[] = [];
  for (const name of Object.keys(headers)) {
    if (name.startsWith(':')) continue;
    for (const value of [headers[name]!].flat()) raw.push(Buffer.from(name), Buffer.from(value, 'latin1'));
  }
  return raw;
}
