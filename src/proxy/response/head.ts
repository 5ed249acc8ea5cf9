/** The passes back: the upstream's head as the caller gets it. Redirects, cookies and encodings are left alone. */
import { STATUS_CODES } from 'node:http';
import { HOP_BY_HOP } from '../../identity/field.ts';

/** How many bytes the head of a target's response may have. */
export const MAX_RESPONSE_HEAD = 1024 * 1024;

/** A response head, as a flat list for `writeHead`. */
export interface ResponseHead {
  headers: string[];
  /** Value of `Trailer`, for a response that can have trailers. */
  trailer: string | undefined;
  /** Whether the upstream sent a `Content-Length`. */
  hasLength: boolean;
  /** Value of `Upgrade`, in lower case. */
  upgrade: string | undefined;
}

const DROPPED = new Set(['connection', ...HOP_BY_HOP]);
// Longer names need no look-up.
const LONGEST = Math.max(...[...DROPPED].map(({ length }) => length));

/**
 * Reads the raw head that undici delivers: buffers, so that Latin-1 stays what it was.
 *
 * @throws an error with a parser's code for an invalid response, or one whose body cannot be read here
 */
export function responseHead(raw: readonly Buffer[], status = 200): ResponseHead {
  // The parser accepts any three digits.
  // rule: a status is at least 100
  if (status < 100) throw unreadable('HPE_INVALID_STATUS', `the status ${status}`);
  const lengthless = status < 200 || status === 204;
  const head: ResponseHead = { headers: [], trailer: undefined, hasLength: false, upgrade: undefined };
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString('latin1');
    const value = raw[i + 1]!.toString('latin1');
    if (name.length <= LONGEST) {
      const lower = name.toLowerCase();
      if (DROPPED.has(lower)) {
        if (lower === 'connection') named = namedHeaders(named, value);
        else if (lower === 'trailer') head.trailer = value;
        else if (lower === 'upgrade') head.upgrade = value.toLowerCase();
        // rule: a response in a transfer coding other than chunked is refused
        if (lower === 'transfer-encoding' && !/^(chunked|identity)$/i.test(value)) {
          throw unreadable('HPE_INVALID_TRANSFER_ENCODING', `Transfer-Encoding: ${value}`);
        }
        continue;
      }
      if (lower === 'content-length') {
        // RFC 9110 §8.6: a recipient that believed this length would wait for a body.
        // rule: a response that cannot have a body has no Content-Length
        if (lengthless) continue;
        head.hasLength = true;
      }
    }
    head.headers.push(name, value);
  }
  // rule: headers that the upstream's Connection names are removed
  if (named) head.headers = without(head.headers, named);
  return head;
}

function unreadable(code: string, what: string): Error {
  return Object.assign(new Error(`The target responded with ${what}`), { code });
}

function namedHeaders(named: Set<string> | undefined, value: string): Set<string> | undefined {
  if (/^(keep-alive|close|upgrade)$/i.test(value)) return named;
  const names = named ?? new Set<string>();
  for (const token of value.split(',')) names.add(token.trim().toLowerCase());
  // Without it the caller could not tell where the body ends.
  // rule: the upstream's Connection cannot remove Content-Length
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

/** Returns an interim response, such as 103 Early Hints, in the bytes of HTTP/1.1. */
export function interimHead(status: number, { headers }: ResponseHead): Buffer {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

// RFC 9110 §6.5.1: what frames, routes or authenticates a message, or says how to read it, cannot come after it.
export const NOT_IN_TRAILERS = new Set([
  ...DROPPED,
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'set-cookie',
]);

/** Returns trailers as pairs for `addTrailers`, which does not take a flat list. */
export function trailerPairs(raw: readonly Buffer[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString('latin1');
    // rule: trailers do not frame, route or authenticate a message
    if (NOT_IN_TRAILERS.has(name.toLowerCase())) continue;
    pairs.push([name, raw[i + 1]!.toString('latin1')]);
  }
  return pairs;
}
