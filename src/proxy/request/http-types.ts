/** The two halves of an exchange with a caller: Node's own for HTTP/1.1, those of h2-message.ts for HTTP/2. */
import type { Socket } from 'node:net';

interface Emits {
  // biome-ignore lint/suspicious/noExplicitAny: as in Node's own types
  on(event: string, listener: (...args: any[]) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as in Node's own types
  once(event: string, listener: (...args: any[]) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as in Node's own types
  off(event: string, listener: (...args: any[]) => void): this;
}

/** A caller's request. */
export interface CallerRequest extends Emits {
  readonly method?: string | undefined;
  /** The request target, verbatim. */
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: {
    readonly [name in 'accept' | 'content-type' | 'host' | 'referer' | 'user-agent']?: string | undefined;
  } & { readonly [name in ':authority' | 'traceparent']?: string | string[] | undefined };
  /** Names and values in the order of the wire, including the pseudo-headers of HTTP/2. */
  readonly rawHeaders: string[];
  /** Names and values of the trailers that have arrived so far. */
  readonly rawTrailers: string[];
  /** The connection that it came on. */
  readonly socket: Socket;
  /** Whether the whole body has arrived. */
  readonly complete: boolean;
  readonly destroyed: boolean;
  pause(): this;
  resume(): this;
  isPaused(): boolean;
  destroy(): unknown;
}

/** The response to it. */
export interface CallerResponse extends Emits {
  readonly headersSent: boolean;
  readonly statusCode: number;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  /** Whether the connection may stay open after this response; ignored in HTTP/2. */
  shouldKeepAlive: boolean;
  readonly socket: Socket | null;
  writeContinue(): void;
  /** Sends an interim response, if the protocol has a form of its own for it. */
  writeInterim?(status: number, head: { headers: readonly string[] }): void;
  writeHead(status: number, statusText: string, headers: string[]): unknown;
  flushHeaders(): void;
  write(chunk: Buffer): boolean;
  addTrailers(pairs: [string, string][]): void;
  end(chunk?: Buffer): unknown;
  destroy(): unknown;
}
