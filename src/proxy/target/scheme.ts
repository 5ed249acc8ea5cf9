/** The schemes of a target, and which of them the user meant. */
import { distance } from 'fastest-levenshtein';

/** Every scheme that a target can have, with its line in the manual. */
export const SCHEMES = {
  http: 'HTTP',
  https: 'HTTPS, the certificate is checked',
  'https+insecure': 'HTTPS, any certificate is accepted',
  h2c: 'HTTP/2 without TLS',
  unix: 'HTTP over a unix socket',
  tcp: 'bytes',
  'tcp+unix': 'bytes over a unix socket',
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

/** Returns the scheme nearest to a text: a synonym, one typo away, or `tcp` for other protocols. */
export function nearestScheme(text: string): Scheme {
  if (Object.hasOwn(OTHER_NAMES, text)) return OTHER_NAMES[text]!;
  let nearest: Scheme = 'tcp';
  let least = 3;
  for (const scheme of Object.keys(SCHEMES) as Scheme[]) {
    const edits = distance(text, scheme);
    if (edits < least) [nearest, least] = [scheme, edits];
  }
  return nearest;
}
