/**
 * Where a WebDAV request leads besides its target: `Destination` of MOVE and COPY, and the resources that `If` names
 * (RFC 4918 §10). They are mapped as the path and the Host of the request are, or a server that compares them refuses.
 */
import type { Target } from '../target/target-types.ts';
import { isRefusal, type Refusal } from './framing.ts';
import type { HostPass } from './host.ts';
import { isBelow, type Mount, pathForTarget } from './path.ts';

interface Context {
  target: Target;
  host: HostPass;
  mount?: Mount;
}

const ALONE = { prefix: '', shared: false };

/** Maps the headers of a request in place, or returns why it is refused. */
export function mapDestinations(method: string, headers: string[], context: Context): Refusal | undefined {
  const moves = method === 'MOVE' || method === 'COPY';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    if (name === 'destination' && moves) {
      const mapped = mapUrl(headers[i + 1]!, context);
      if (typeof mapped !== 'string') return mapped;
      headers[i + 1] = mapped;
    } else if (name === 'if') {
      headers[i + 1] = headers[i + 1]!.replace(/<((?:https?:\/)?\/[^<>]*)>/gi, (tag, url) => {
        const mapped = mapUrl(url, context);
        return typeof mapped === 'string' ? `<${mapped}>` : tag;
      });
    }
  }
  return undefined;
}

function mapUrl(url: string, { target, host, mount = ALONE }: Context): string | Refusal {
  const [, scheme = '', authority = '', path = ''] = /^(?:(https?):\/\/([^/?#]*))?(\/.*)$/is.exec(url) ?? [];
  // rule: a Destination on another server stays as it is
  if (path === '' || (authority !== '' && !host.own.has(authority))) return url;
  // rule: a Destination does not leave the route
  if (!isBelow(path, mount.prefix || '/')) return { status: 502, reason: 'The Destination is not below this route.' };
  const mapped = pathForTarget(path, target.basePath, mount);
  if (isRefusal(Object(mapped))) return mapped;
  if (authority === '') return mapped;
  const { origin } = host.sent(authority, false);
  return `${origin ?? `${scheme}://${authority}`}${mapped as string}`;
}
