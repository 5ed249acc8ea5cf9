/** Header lists in the form that Node's HTTP/2 takes. */
import type { OutgoingHttpHeaders } from 'node:http2';

/** Headers that a message has at most once, in lower case; Node throws for a second value. */
const SINGLE_VALUED = new Set(
  (
    'access-control-allow-credentials access-control-max-age access-control-request-method age authorization ' +
    'content-encoding content-language content-length content-location content-md5 content-range content-type date dnt ' +
    'etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified ' +
    'location max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent ' +
    'x-content-type-options'
  ).split(' '),
);

/** Returns a flat list as the object that Node's HTTP/2 takes; the list has no hop-by-hop headers. */
export function headerTable(headers: readonly string[]): OutgoingHttpHeaders {
  const table: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    const value = headers[i + 1]!;
    const before = table[name];
    if (before === undefined) table[name] = value;
    // The first value is the one that HTTP/1.1 clients use.
    else if (!SINGLE_VALUED.has(name)) table[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return table;
}
