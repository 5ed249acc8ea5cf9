/**
 * Checks what a request says about itself, more strictly than Node's parser does: request smuggling is two machines that
 * read one message differently. Works on values, whatever version of HTTP they came in.
 */
import { isHost } from './own-hosts.ts';

/** The head of a request, as it came. */
export interface RequestHead {
  method: string;
  /** The request target, verbatim. */
  target: string;
  /** `1.0`, `1.1` or `2.0`. */
  httpVersion: string;
  /** Names and values in the order of the wire. */
  rawHeaders: readonly string[];
  /** Whether a body follows, if the protocol says so outside the headers. @default as the headers say */
  hasBody?: boolean;
}

/** How a request is framed and addressed. */
export interface Framing {
  /** Value of `Host`; empty for an HTTP/1.0 request without one. */
  host: string;
  /** Value of `Content-Length`. */
  contentLength: string | undefined;
  /** Whether the body comes in chunks. */
  chunked: boolean;
  /** Whether the caller accepts trailers (`TE: trailers`). */
  trailers: boolean;
}

/** Why a request is not forwarded. */
export interface Refusal {
  status: number;
  /** One sentence for the caller. */
  reason: string;
}

// Node only limits the size of the head, but every header costs the app some work.
export const MAX_HEADERS = 1024;
/** How many bytes a request head may have. Single sign-on makes cookies of tens of kilobytes. */
export const MAX_HEAD = 128 * 1024;
export const NOT_HTTP: Refusal = { status: 400, reason: 'The request is not valid HTTP/1.1.' };
export const BODY_STOPPED: Refusal = { status: 408, reason: 'The request body stopped arriving.' };
export const HEAD_TOO_LARGE: Refusal = { status: 431, reason: 'The request head is larger than 128 KiB.' };

/** Reads the framing of a request, or returns why it is refused. */
export function readFraming(head: RequestHead): Framing | Refusal {
  const { rawHeaders } = head;
  // rule: a request has at most 1024 headers
  if (rawHeaders.length > MAX_HEADERS * 2)
    return { status: 431, reason: `The request has more than ${MAX_HEADERS} headers.` };
  // Node's HTTP/2 counts otherwise than its HTTP/1.1 parser.
  // rule: a request head has at most 128 KiB in HTTP/2 too
  if (sizeOf(head) > MAX_HEAD) return HEAD_TOO_LARGE;
  const framing: Framing = { host: '', contentLength: undefined, chunked: false, trailers: false };
  let hosts = 0;
  let encodings = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // Only names of these lengths matter, so most headers cost one comparison.
    switch (name.length) {
      case 2:
        if (name.toLowerCase() === 'te') framing.trailers ||= /(^|,)\s*trailers\s*(;|,|$)/i.test(rawHeaders[i + 1]!);
        break;
      case 4:
        if (name.toLowerCase() !== 'host') break;
        hosts++;
        framing.host = rawHeaders[i + 1]!;
        break;
      case 14:
        if (name.toLowerCase() !== 'content-length') break;
        // rule: a request has at most one Content-Length
        if (framing.contentLength !== undefined)
          return badRequest('The request has more than one Content-Length header.');
        framing.contentLength = rawHeaders[i + 1]!;
        break;
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') break;
        encodings++;
        framing.chunked = rawHeaders[i + 1]!.toLowerCase() === 'chunked';
        break;
    }
  }
  return checkFraming(head, framing, hosts, encodings) ?? framing;
}

/** How many bytes a head has, in the form of HTTP/1.1. */
function sizeOf({ method, target, rawHeaders }: RequestHead): number {
  // `: ` and a line break for each header.
  let size = method.length + target.length + rawHeaders.length * 2;
  for (let i = 0; i < rawHeaders.length; i++) size += rawHeaders[i]!.length;
  return size;
}

function checkFraming(head: RequestHead, framing: Framing, hosts: number, encodings: number): Refusal | undefined {
  // RFC 9112 §3.2: an HTTP/1.1 request without exactly one Host gets a 400, from a proxy too.
  // rule: a request has at most one Host
  if (hosts > 1) return badRequest('The request has more than one Host header.');
  // rule: a request has a Host
  if (hosts === 0 && head.httpVersion !== '1.0') return badRequest('The request has no Host header.');
  // rule: a Host is a valid host name
  if (hosts === 1 && !isHost(framing.host)) return badRequest('The Host header is not a valid host name.');
  // rule: a Content-Length is at most 15 digits
  if (framing.contentLength !== undefined && !/^\d{1,15}$/.test(framing.contentLength)) {
    return badRequest('The Content-Length header is not a valid length.');
  }
  if (encodings === 0) return undefined;
  // rule: Transfer-Encoding is only for HTTP/1.1
  if (head.httpVersion !== '1.1') return badRequest('Transfer-Encoding is only allowed in HTTP/1.1.');
  // rule: the only Transfer-Encoding is chunked — mutate: !framing.chunked => false
  // rule: chunked comes only once — mutate: encodings > 1 => false
  if (encodings > 1 || !framing.chunked) return badRequest('The only Transfer-Encoding allowed is "chunked", once.');
  // rule: a chunked request has no Content-Length
  if (framing.contentLength !== undefined)
    return badRequest('The request has both Content-Length and Transfer-Encoding.');
  return undefined;
}

/** Whether the headers of a request announce a body. */
export function hasBodyHeaders(raw: readonly string[]): boolean {
  return raw.some((name, i) => i % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name));
}

/** Whether the outcome of a pass is a refusal. */
export function isRefusal(outcome: object): outcome is Refusal {
  return 'reason' in outcome;
}

/** Refuses a request with a 400. */
export function badRequest(reason: string): Refusal {
  return { status: 400, reason };
}
