import type { CertificateEvent, ExposeEvent, ReadyEvent } from '../events.ts';
import { printable } from './printable.ts';
import { requestParts, timeOfDay } from './request-line.ts';
import { STATE_WORDS } from './state-words.ts';

/** A line of output without a terminal, and the stream it belongs to. */
export interface PlainLine {
  /** Results go to `stdout`, so that a pipe reads nothing but those; how it goes goes to `stderr`. */
  stream: 'stdout' | 'stderr';
  text: string;
}

/**
 * An event as plain lines, for output that is no terminal. The first line on `stdout` is the address.
 *
 * @param at When the event happened; shown with requests.
 */
export function plainLines(event: ExposeEvent, at: Date): PlainLine[] {
  switch (event.event) {
    case 'ready':
      return readyLines(event).map(out);
    case 'request': {
      const { time, who, method, path, status, duration } = requestParts(event, at);
      return [out(`${time} ${who} ${method} ${path} ${status} ${duration}`)];
    }
    case 'connection':
      return [out(`${timeOfDay(at)} ${printable(event.caller.who)} connected to port ${event.port}`)];
    case 'state':
      // The ready line says it better.
      if (event.state === 'running') return [];
      return [err(`${STATE_WORDS[event.state]}${event.message ? `: ${printable(event.message)}` : ''}`)];
    case 'login':
      return [err(`log in: open ${printable(event.url)} in a browser`)];
    case 'addresses':
      return [`now at ${event.urls.map(printable).join(', ')}`, ...publicLine(event)].map(err);
    case 'certificate':
      return [err(certificateText(event))];
    case 'warning':
    case 'error':
      return [
        err(`${event.event}: ${printable(event.message)}`),
        ...(event.suggestions ?? []).map((suggestion) => err(`  try: ${printable(suggestion)}`)),
      ];
    case 'closed':
      return [err(`closed: ${printable(event.reason)}`)];
  }
}

function certificateText({ state, domain, validTo = '' }: CertificateEvent): string {
  if (state === 'requested') return `getting a certificate for ${printable(domain)}`;
  const renewed = state === 'renewed' ? 'renewed certificate' : 'certificate';
  return `${renewed} for ${printable(domain)}, good until ${validTo.slice(0, 10)}`;
}

function readyLines({ urls, ips, fqdn, target, ...rest }: ReadyEvent): string[] {
  const [best = fqdn, ...others] = urls;
  const also = [...others, ...ips].map(printable).join(', ');
  return [`${printable(best)} -> ${printable(target)}`, ...(also ? [`also at ${also}`] : []), ...publicLine(rest)];
}

/** Who opens a service to everybody is told so, and where. */
export function publicLine({ public: urls = [] }: Pick<ReadyEvent, 'public'>): string[] {
  return urls.length > 0 ? [`on the public internet: ${urls.map(printable).join(', ')}`] : [];
}

const out = (text: string): PlainLine => ({ stream: 'stdout', text });
const err = (text: string): PlainLine => ({ stream: 'stderr', text });
