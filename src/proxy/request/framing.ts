/**
 * What a request says about itself, checked more strictly than Node's parser does: two machines that read one message
 * differently are what request smuggling is made of. Works on values, whatever HTTP version they came by.
 */

/** The head of a request, as it came. */
export interface RequestHead {
  method: string;
  /** The request target, verbatim. */
  target: string;
  /** `1.0`, `1.1` or `2.0`. */
  httpVersion: string;
  /** Names and values in the order of the wire. */
  rawHeaders: readonly string[];
  /** Whether a body follows, where the protocol says so outside the headers. @default as the headers say */
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
  /** Whether the caller takes trailers (`TE: trailers`). */
  trailers: boolean;
}

/** A request that must not be forwarded. */
export interface Refusal {
  status: number;
  /** One sentence for the caller. */
  reason: string;
}

// RFC 9110 §7.2 with RFC 3986 §3.2.2, less the characters that no host name of this world has.
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(:\d{0,5})?$/;
// Node has no limit of its own but the size of the head; every header costs the service some work.
const MAX_HEADERS = 256;

/** Reads the framing of a request, or says why it is refused. */
export function readFraming(head: RequestHead): Framing | Refusal {
  const { rawHeaders } = head;
  if (rawHeaders.length > MAX_HEADERS * 2)
    return { status: 431, reason: `The request has more than ${MAX_HEADERS} headers.` };
  const framing: Framing = { host: '', contentLength: undefined, chunked: false, trailers: false };
  let hosts = 0;
  let encodings = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // Only these lengths matter: most headers cost one comparison.
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
        if (framing.contentLength !== undefined) return bad('The request has more than one Content-Length.');
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

function checkFraming(head: RequestHead, framing: Framing, hosts: number, encodings: number): Refusal | undefined {
  // RFC 9112 §3.2: not exactly one Host in an HTTP/1.1 request is a 400, for a proxy too.
  if (hosts > 1) return bad('The request has more than one Host.');
  if (hosts === 0 && head.httpVersion !== '1.0') return bad('The request has no Host.');
  if (hosts === 1 && !HOST.test(framing.host)) return bad('The Host of the request is no host name.');
  if (framing.contentLength !== undefined && !/^\d{1,15}$/.test(framing.contentLength)) {
    return bad('The Content-Length of the request is no length.');
  }
  if (encodings === 0) return undefined;
  if (head.httpVersion !== '1.1') return bad('Transfer-Encoding does not exist in this version of HTTP.');
  if (encodings > 1 || !framing.chunked) return bad('The only Transfer-Encoding is "chunked", once.');
  if (framing.contentLength !== undefined) return bad('The request has both Content-Length and Transfer-Encoding.');
  return undefined;
}

/** Whether the headers of a request announce a body. */
export function hasBodyHeaders(raw: readonly string[]): boolean {
  return raw.some((name, i) => i % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name));
}

/** Whether a verdict is a refusal. */
export function isRefusal(verdict: object): verdict is Refusal {
  return 'reason' in verdict;
}

function bad(reason: string): Refusal {
  return { status: 400, reason };
}
