import type { CertificateEvent, ExposeEvent, NodeState, ReadyEvent } from '../events.ts';
import { printable } from './printable.ts';
import { requestParts, timeOfDay } from './request-line.ts';

/** Each state of the node in words. */
export const STATE_WORDS: Record<NodeState, string> = {
  starting: 'starting',
  'needs-login': 'waiting for login',
  'needs-approval': 'waiting for admin approval',
  running: 'running',
  stopped: 'stopped',
};

/** A line of output without a live screen, and the stream it goes to. */
export interface PlainLine {
  /** Results go to `stdout`, so that a pipe reads nothing else; progress goes to `stderr`. */
  stream: 'stdout' | 'stderr';
  text: string;
}

/**
 * Returns an event as plain lines, for output without a live screen. The first line on `stdout` is the address.
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
      // The ready line says more.
      if (event.state === 'running') return [];
      return [err(`${STATE_WORDS[event.state]}${event.message ? `: ${printable(event.message)}` : ''}`)];
    case 'login':
      return [err(`to log in, open ${printable(event.url)} in a browser`)];
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
  return `${renewed} for ${printable(domain)}, valid until ${validTo.slice(0, 10)}`;
}

function readyLines({ urls, ips, fqdn, target, ...rest }: ReadyEvent): string[] {
  const [best = fqdn, ...others] = urls;
  const also = [...others, ...ips].map(printable).join(', ');
  return [`${printable(best)} -> ${printable(target)}`, ...(also ? [`also at ${also}`] : []), ...publicLine(rest)];
}

/** Returns the line that names the URLs open to the internet, if there are any. */
export function publicLine({ public: urls = [] }: Pick<ReadyEvent, 'public'>): string[] {
  return urls.length > 0 ? [`on the public internet: ${urls.map(printable).join(', ')}`] : [];
}

const out = (text: string): PlainLine => ({ stream: 'stdout', text });
const err = (text: string): PlainLine => ({ stream: 'stderr', text });
