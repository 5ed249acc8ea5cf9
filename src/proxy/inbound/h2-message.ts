/** Requests and responses of HTTP/2 in the form that an exchange knows. */
import {
  constants,
  type Http2ServerRequest,
  Http2ServerResponse,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Refusal, RequestHead } from '../request/framing.ts';
import type { CallerRequest } from '../request/http-types.ts';
import { type ResponseHead, SINGLE_VALUED } from '../response/head.ts';

/** A visitor's request by HTTP/2: Node's own, which has the form of HTTP/1.1 already. */
export type H2Request = CallerRequest & Http2ServerRequest;

/** What of Node's response is used here, as it is at run time; the declared types are at odds with ours. */
const CompatResponse = Http2ServerResponse as unknown as new () => {
  readonly stream: ServerHttp2Stream;
  readonly writableEnded: boolean;
  statusCode: number;
  setTrailer(name: string, value: string): void;
  writeHead(status: number): unknown;
  write(chunk: Buffer): boolean;
  end(chunk?: Buffer): unknown;
};

/** The answer to one: Node's own, less what differs from HTTP/1.1. A `CallerResponse`. */
export class H2Response extends CompatResponse {
  /** Means nothing in HTTP/2, where an answer never decides about its connection. */
  shouldKeepAlive = true;

  /** Node ends the stream when the visitor resets it; that is no whole answer. */
  get writableFinished(): boolean {
    return this.writableEnded && this.stream.writableFinished;
  }

  /** A head that may turn out to be all there is. */
  #head: OutgoingHttpHeaders | undefined;
  #hasTrailers = false;

  get headersSent(): boolean {
    return this.#head !== undefined || this.stream.headersSent;
  }

  /** Node's own method would keep one of several cookies. */
  override writeHead(status: number, _statusText?: string, headers?: string[]): this {
    // Node's own way, of an answer whose headers were set one by one.
    if (!headers) {
      super.writeHead(status);
      return this;
    }
    if (this.stream.destroyed || this.headersSent) return this;
    this.statusCode = status;
    this.#head = { ':status': status, ...headerTable(headers) };
    return this;
  }

  flushHeaders(): void {
    this.#respond(false);
  }

  override write(chunk: Buffer): boolean {
    this.#respond(false);
    return super.write(chunk);
  }

  /** gRPC tells an error from an answer by the frame in which the stream ends: one of the head alone stays one. */
  override end(chunk?: Buffer): this {
    this.#respond(chunk === undefined && !this.#hasTrailers);
    super.end(chunk);
    return this;
  }

  writeContinue(): void {
    this.writeInterim(100, { headers: [] });
  }

  writeInterim(status: number, { headers }: Pick<ResponseHead, 'headers'>): void {
    if (this.stream.destroyed || this.headersSent || status === 101) return;
    this.stream.additionalHeaders({ ':status': status, ...headerTable(headers) });
  }

  addTrailers(pairs: [string, string][]): void {
    this.#hasTrailers ||= pairs.length > 0;
    for (const [name, value] of pairs) this.setTrailer(name, value);
  }

  #respond(endStream: boolean): void {
    const head = this.#head;
    this.#head = undefined;
    if (!head || this.stream.destroyed) return;
    try {
      this.stream.respond(head, { endStream, waitForTrailers: !endStream } as object);
    } catch {
      // Node refuses some heads; an exception at this point would end the process.
      this.destroy();
    }
  }

  /** Ends the stream such that the visitor can tell: what came of the answer is not all of it. */
  destroy(): void {
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/** The headers of an answer as Node's HTTP/2 takes them. */
export function headerTable(headers: readonly string[]): OutgoingHttpHeaders {
  const table: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    const value = headers[i + 1]!;
    // The last of those that belong to a connection, and as little a header of HTTP/2 as the others.
    if (name === 'http2-settings') continue;
    const before = table[name];
    if (before === undefined) table[name] = value;
    // Node throws for a second value of these; the first is the one that HTTP/1.1 clients take.
    else if (!SINGLE_VALUED.has(name)) table[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return table;
}

/**
 * The head of a request as the passes read it: the pseudo-headers in their places of HTTP/1.1, and the parts of a
 * cookie joined (RFC 9113 §8.2.3).
 *
 * @param hasBody whether the stream goes on after the head
 * @param scheme what is spoken on the connection
 */
export function requestHead(
  rawHeaders: readonly string[],
  hasBody: boolean,
  scheme: 'http' | 'https',
): RequestHead | Refusal {
  const head = { method: '', target: '', httpVersion: '2.0', rawHeaders: [] as string[], hasBody };
  let authority: string | undefined;
  let host: string | undefined;
  let cookie = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    if (name === ':method') head.method = value;
    else if (name === ':path') head.target = value;
    else if (name === ':authority') authority = value;
    else if (name === ':scheme' && value !== scheme) return { status: 400, reason: `The scheme ${value} is not ours.` };
    else if (name === 'host' && host === undefined) host = value;
    else if (name === 'cookie') cookie += cookie === '' ? value : `; ${value}`;
    else if (name.charCodeAt(0) !== 0x3a) head.rawHeaders.push(name, value);
  }
  // RFC 9113 §8.3.1: where both are there and differ, one of them lies.
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    return { status: 400, reason: 'The authority and the Host of the request differ.' };
  }
  const named = authority ?? host;
  if (named !== undefined) head.rawHeaders.unshift('host', named);
  if (cookie !== '') head.rawHeaders.push('cookie', cookie);
  return head;
}
