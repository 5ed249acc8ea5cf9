/** HTTP/2 requests and responses in the form that an exchange knows. */
import {
  constants,
  type Http2ServerRequest,
  Http2ServerResponse,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { badRequest, type Refusal, type RequestHead } from '../request/framing.ts';
import { headerTable } from '../request/h2-fields.ts';
import type { CallerRequest } from '../request/http-types.ts';

/** A caller's HTTP/2 request: Node's own, which has the form of HTTP/1.1 already. */
export type H2Request = CallerRequest & Http2ServerRequest;

/** What is used of Node's response, as it is at run time; the declared types conflict with ours. */
const CompatResponse = Http2ServerResponse as unknown as new () => {
  readonly stream: ServerHttp2Stream;
  readonly writableEnded: boolean;
  statusCode: number;
  setTrailer(name: string, value: string): void;
  writeHead(status: number): unknown;
  write(chunk: Buffer): boolean;
  end(chunk?: Buffer): unknown;
};

/** The response to it: Node's own, adapted to behave as in HTTP/1.1. A `CallerResponse`. */
export class H2Response extends CompatResponse {
  /** Ignored: in HTTP/2 a response never decides about its connection. */
  shouldKeepAlive = true;

  /** Whether the response is complete. Node also ends the stream when the caller resets it, which does not count. */
  get writableFinished(): boolean {
    return this.writableEnded && this.stream.writableFinished;
  }

  /** The head, held back because it may turn out to be all there is. */
  #head: OutgoingHttpHeaders | undefined;
  #hasTrailers = false;

  get headersSent(): boolean {
    return this.#head !== undefined || this.stream.headersSent;
  }

  /** Overrides Node's method, which would keep only one of several cookies. */
  override writeHead(status: number, _statusText?: string, headers?: string[]): this {
    // How Node itself calls it, for a response whose headers were set one by one.
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

  /** Ends a response that is all head with its head: gRPC tells an error by the frame that ends the stream. */
  override end(chunk?: Buffer): this {
    this.#respond(chunk === undefined && !this.#hasTrailers);
    super.end(chunk);
    return this;
  }

  writeContinue(): void {
    this.writeInterim(100, { headers: [] });
  }

  writeInterim(status: number, { headers }: { headers: readonly string[] }): void {
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
      // Node refuses some heads, and an exception here would end the process.
      this.destroy();
    }
  }

  /** Ends the stream in such a way that the caller can tell that the response is incomplete. */
  destroy(): void {
    // rule: a caller by HTTP/2 can tell that a response broke off
    // mutate: close(constants.NGHTTP2_INTERNAL_ERROR) => end()
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/**
 * Returns the head of a request as the passes read it: the pseudo-headers in their HTTP/1.1 places, and the parts of the
 * cookie joined (RFC 9113 §8.2.3).
 *
 * @param hasBody whether the stream goes on after the head
 * @param scheme the scheme of the connection
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
    switch (name) {
      case ':method':
        head.method = value;
        break;
      case ':path':
        head.target = value;
        break;
      case ':authority':
        authority = value;
        break;
      case ':scheme':
        // rule: the :scheme is that of the connection
        if (value !== scheme) return badRequest(`The scheme ${value} is not that of the connection.`);
        break;
      case 'host':
        // rule: a second Host stays, for the framing to refuse — mutate: host === undefined => true
        if (host === undefined) host = value;
        else head.rawHeaders.push(name, value);
        break;
      case 'cookie':
        // rule: the parts of a cookie are joined
        cookie += cookie === '' ? value : `; ${value}`;
        break;
      default:
        // rule: pseudo-headers do not become headers — mutate: name.charCodeAt(0) !== 0x3a => true
        if (name.charCodeAt(0) !== 0x3a) head.rawHeaders.push(name, value);
    }
  }
  // RFC 9113 §8.3.1: if they differ, one of them lies.
  // rule: :authority and Host are the same
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    return badRequest('The :authority and the Host header do not match.');
  }
  const named = authority ?? host;
  if (named !== undefined) head.rawHeaders.unshift('host', named);
  if (cookie !== '') head.rawHeaders.push('cookie', cookie);
  return head;
}
