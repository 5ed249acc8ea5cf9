/** The schemes of a target, and which of them somebody meant. */

/** Every scheme that a target can have, with one line for the manual. */
export const SCHEMES = {
  http: 'HTTP',
  https: 'HTTPS, the certificate checked',
  'https+insecure': 'HTTPS, the certificate taken as it is',
  h2c: 'HTTP/2 without TLS',
  unix: 'HTTP over a unix socket',
  tcp: 'bytes',
} as const;

/** A scheme that a target can have. */
export type Scheme = keyof typeof SCHEMES;

const OTHER_NAMES: Record<string, Scheme> = {
  ws: 'http',
  wss: 'https',
  grpc: 'h2c',
  h2: 'h2c',
  https_insecure: 'https+insecure',
};

/** The scheme nearest to a text: one that means the same, one a slip of the keys away, or `tcp` for other protocols. */
export function nearestScheme(text: string): Scheme {
  if (Object.hasOwn(OTHER_NAMES, text)) return OTHER_NAMES[text]!;
  let nearest: Scheme = 'tcp';
  let distance = 3;
  for (const scheme of Object.keys(SCHEMES) as Scheme[]) {
    const edits = editDistance(text, scheme);
    if (edits < distance) [nearest, distance] = [scheme, edits];
  }
  return nearest;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
