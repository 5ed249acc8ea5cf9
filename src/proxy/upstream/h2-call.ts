/** One request to a target by HTTP/2, and its response in the raw form of undici that an exchange takes. */
import { STATUS_CODES } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Dispatcher } from 'undici';
import { HOP_BY_HOP } from '../../identity/field.ts';
import { undici } from '../../undici.ts';
import type { RequestBody } from '../request/body.ts';
import { headerTable } from '../request/h2-fields.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import { trailerPairs } from '../response/head.ts';
import { markReused } from './reuse.ts';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

const MOST_ATTEMPTS = 3;

/** What a call needs of the connection that carries it. */
export interface H2Carrier {
  readonly session: ClientHttp2Session;
  /** Whether the target has responded on this connection before. */
  readonly reused: boolean;
  /** The target has responded to a call. */
  onAnswer(): void;
  /** The call has left the connection; `refused` if the target has not looked at it and another may carry it. */
  onEnd(call: H2Call, refused: boolean): void;
  /** The target has been silent for too long: it may be gone. */
  onSilence(): void;
}

/** What is the same for all calls of a target. */
export interface H2CallOptions {
  /** Milliseconds for the head of a response, from the end of the request; 0 for no limit. */
  response: number;
  /** Milliseconds of silence in the middle of a response; 0 for no limit. */
  pause: number;
  scheme: 'http' | 'https';
  /** Removes from a caller's trailers what the caller may not say. */
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
    // A caller may also leave while the call waits for a connection.
    handler.onConnect?.(() => this.#cancel());
    body?.on('error', (error) => this.fail(error)).once('close', () => this.#endEarly());
  }

  /** Whether it is over. */
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
      // Node ends the stream right after this; writing to it would be an error.
      .on('aborted', () => body?.unpipe(stream))
      .on('error', (error) => {
        this.#error = error;
      })
      .once('close', () => this.#onClose());
    if (!body) this.#watch();
    else body.once('end', () => this.#watch()).pipe(stream);
  }

  /** Ends the call with an error for the caller. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#stream?.close(NGHTTP2_CANCEL);
    this.#handler.onError?.(error);
  }

  /** A response that cannot be passed on is one caller's failure. As an exception it would be everyone's. */
  #guard(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      // rule: a response that cannot be passed on only fails its own request
      // mutate: this.fail(error as Error) => throw error
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
    // A response that is all head stays one: gRPC sends its errors there.
    if (flags & NGHTTP2_FLAG_END_STREAM) {
      this.#complete([]);
      stream.resume();
      return;
    }
    if (this.#options.pause > 0)
      stream.setTimeout(this.#options.pause, () => this.fail(new (undici().errors.BodyTimeoutError)()));
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
    // RFC 9113 §8.7: the target has not looked at it. What was read of the body cannot be sent again, though.
    const refused = this.#stream!.rstCode === NGHTTP2_REFUSED_STREAM && !this.#body?.readableDidRead;
    if (refused && !this.#ended && this.#attempts < MOST_ATTEMPTS) {
      clearTimeout(this.#timer);
      carrier.onEnd(this, true);
      return;
    }
    carrier.onEnd(this, false);
    const gone = Object.assign(new Error('The target closed the connection'), { code: 'ECONNRESET' });
    this.fail(markReused(this.#error ?? gone, carrier.reused && !refused));
  }

  /** Starts the timeout of the response once the target has the whole request. */
  #watch(): void {
    if (this.#ended || this.#answered || this.#options.response === 0) return;
    this.#timer = setTimeout(() => {
      this.#carrier?.onSilence();
      this.fail(new (undici().errors.HeadersTimeoutError)());
    }, this.#options.response).unref();
  }

  /** The caller has gone away. */
  #cancel(): void {
    this.#end();
    this.#stream?.close(NGHTTP2_CANCEL);
  }

  /** The rest of the body is not coming: the response is complete, or there will be none. */
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

// HTTP/2 has frames for what these say; `TE: trailers` is allowed (RFC 9113 §8.2.2).
const DROPPED = new Set(['connection', ...HOP_BY_HOP.filter((name) => name !== 'te')]);

function requestHead({ method, path, headers }: UpstreamRequest, scheme: string) {
  let authority = '';
  const fields: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    if (name === 'host') authority = headers[i + 1]!;
    else if (!DROPPED.has(name)) fields.push(headers[i]!, headers[i + 1]!);
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
