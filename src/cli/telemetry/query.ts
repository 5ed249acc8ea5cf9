import type { ExposeEvent, RequestEvent } from '../../events.ts';

/** A word without a value, such as `?raw`. Anything longer, or with digits, may be a token. */
const WORD = /^[A-Za-z_-]{1,20}$/;

/** Returns an event whose URLs do not have the values of their queries, which may be tokens or personal. */
export function withoutQueryValues(event: ExposeEvent): ExposeEvent {
  if (event.event !== 'request') return event;
  const masked: RequestEvent = { ...event, path: maskQuery(event.path) };
  // rule: the address of another page is masked in logs like the path — mutate: maskQuery(event.referer) => event.referer
  return event.referer === undefined ? masked : { ...masked, referer: maskQuery(event.referer) };
}

/**
 * Masks the values in the query of a URL.
 *
 * @example
 * ```ts
 * maskQuery('/reset?token=s3cret&raw'); // '/reset?token=***&raw'
 * ```
 */
export function maskQuery(url: string): string {
  const start = url.indexOf('?');
  if (start < 0) return url;
  const parts = url.slice(start + 1).split('&');
  // rule: query values are not in logs unless the user says so — mutate: parts.map(maskPart) => parts
  return `${url.slice(0, start)}?${parts.map(maskPart).join('&')}`;
}

function maskPart(part: string): string {
  const equals = part.indexOf('=');
  if (equals >= 0) return equals === part.length - 1 ? part : `${part.slice(0, equals)}=***`;
  return part === '' || WORD.test(part) ? part : '***';
}
