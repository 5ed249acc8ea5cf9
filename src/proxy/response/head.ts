/** The passes back: the service's head as the visitor gets it. Redirects, cookies and encodings are left alone. */
import { STATUS_CODES } from 'node:http';

/** A response head, as a flat list for `writeHead`. */
export interface ResponseHead {
  headers: string[];
  /** Value of `Trailer`, for a response that can have some. */
  trailer: string | undefined;
  /** Whether the service gave a `Content-Length`. */
  hasLength: boolean;
  /** Value of `Upgrade`, lower-cased. */
  upgrade: string | undefined;
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
// Longest of the above; a longer name needs no look.
const LONGEST = 18;

/** Headers of which an answer has one at most; lower-cased. */
export const SINGLE_VALUED = new Set(
  (
    'access-control-allow-credentials access-control-max-age access-control-request-method age authorization ' +
    'content-encoding content-language content-length content-location content-md5 content-range content-type date dnt ' +
    'etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified ' +
    'location max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent ' +
    'x-content-type-options'
  ).split(' '),
);

/**
 * Reads the raw head that undici delivers: buffers, so that Latin-1 stays what it was.
 *
 * @throws an error with a parser's code for an answer that is none, or whose body nobody here could read
 */
export function responseHead(raw: readonly Buffer[], status = 200): ResponseHead {
  // The parser takes any three digits.
  if (status < 100) throw unreadable('HPE_INVALID_STATUS', `the status ${status}`);
  const lengthless = status < 200 || status === 204;
  const head: ResponseHead = { headers: [], trailer: undefined, hasLength: false, upgrade: undefined };
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString('latin1');
    const value = raw[i + 1]!.toString('latin1');
    if (name.length <= LONGEST) {
      const lower = name.toLowerCase();
      if (HOP_BY_HOP.has(lower)) {
        if (lower === 'connection') named = namedHeaders(named, value);
        else if (lower === 'trailer') head.trailer = value;
        else if (lower === 'upgrade') head.upgrade = value.toLowerCase();
        else if (lower === 'transfer-encoding' && !/^(chunked|identity)$/i.test(value)) {
          throw unreadable('HPE_INVALID_TRANSFER_ENCODING', `Transfer-Encoding: ${value}`);
        }
        continue;
      }
      if (lower === 'content-length') {
        // RFC 9110 §8.6: these have none, and a recipient that believes one waits for a body.
        if (lengthless) continue;
        head.hasLength = true;
      }
    }
    head.headers.push(name, value);
  }
  if (named) head.headers = without(head.headers, named);
  return head;
}

function unreadable(code: string, what: string): Error {
  return Object.assign(new Error(`The service answered with ${what}`), { code });
}

function namedHeaders(named: Set<string> | undefined, value: string): Set<string> | undefined {
  if (/^(keep-alive|close|upgrade)$/i.test(value)) return named;
  const names = named ?? new Set<string>();
  for (const token of value.split(',')) names.add(token.trim().toLowerCase());
  // A service that names these would leave the visitor without the end of the body.
  names.delete('content-length');
  return names;
}

function without(headers: string[], named: Set<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (!named.has(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}

/** An interim answer, such as 103 Early Hints, as the bytes of HTTP/1.1. */
export function interimHead(status: number, { headers }: ResponseHead): Buffer {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

// RFC 9110 §6.5.1: what frames, routes or authenticates a message, or says how to read it, has no place after it.
const NO_TRAILER =
  /^(authorization|connection|content-(encoding|length|range|type)|cookie|host|http2-settings|keep-alive|proxy-connection|set-cookie|te|trailer|transfer-encoding|upgrade)$/i;

/** Pairs of name and value for `addTrailers`, which takes no flat list. */
export function trailerPairs(raw: readonly Buffer[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString('latin1');
    if (NO_TRAILER.test(name)) continue;
    pairs.push([name, raw[i + 1]!.toString('latin1')]);
  }
  return pairs;
}
