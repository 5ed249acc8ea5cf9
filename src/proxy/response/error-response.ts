/** The proxy's own responses, in place of the upstream's. */
import { STATUS_CODES } from 'node:http';
import type { Denial } from '../../access/gate.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Refusal } from '../request/framing.ts';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import type { Failure } from '../target/diagnose.ts';
import { type ErrorPage, renderErrorPage } from './error-page.ts';
import { grpcStatus } from './grpc.ts';

// Short enough for a developer who has just started the app, long enough to cause no load.
const RETRY_SECONDS = 3;

const REFUSALS: Record<number, string> = {
  401: 'Password required',
  405: 'Method not allowed',
  408: 'Request timed out',
  413: 'Request too large',
  417: 'Expectation failed',
  429: 'Too many attempts',
  431: 'Too many headers',
  501: 'Method not supported',
  505: 'HTTP version not supported',
};

/** Returns the page for a request that is refused because of what it is. */
export function refusalPage({ status, reason }: Refusal): ErrorPage {
  return { status, title: REFUSALS[status] ?? 'Bad request', message: reason };
}

/** Returns the page for a caller who is denied access. */
export function denialPage({ status, rule }: Denial, identity: Identity): ErrorPage {
  if (status === 503) {
    return {
      status,
      title: 'We could not identify you',
      message: `This app only accepts identified callers (${rule}), and the tailnet cannot identify ${identity.ip || 'your address'} right now.`,
      error: 'http_request_denied',
      retryAfter: RETRY_SECONDS,
    };
  }
  return {
    status,
    title: 'You do not have access',
    error: 'http_request_denied',
    // rule: only callers of the tailnet learn which rule denies them: rules contain names
    // mutate: isInsider(identity) => true
    message: `Access denied: ${isInsider(identity) ? explain(rule, identity) : excluded(identity)}.`,
  };
}

function isInsider({ kind }: Identity): boolean {
  return kind === 'user' || kind === 'tagged';
}

function explain(rule: string, { kind, login, node, ip }: Identity): string {
  const who = kind === 'user' ? login : `the device ${node?.name ?? ip} (${node?.tags.join(', ')})`;
  return rule.startsWith('--allow ') ? `--allow does not include ${who}` : `${rule} excludes ${who}`;
}

function excluded({ kind }: Identity): string {
  return `this app is not open to ${kind === 'funnel' ? 'callers from the internet' : 'unidentified callers'}`;
}

/** Returns the page for a path without a route. */
export function notFoundPage(): ErrorPage {
  return { status: 404, title: 'Not found', message: 'No route matches this path.' };
}

/** Returns the page for a request for a host that is not ours. The page that sent it may read this: it names nothing. */
export function misdirectedPage(host: string): ErrorPage {
  const name = host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  return {
    status: 421,
    title: 'Unknown host name',
    message: `This app is not served as ${name}. If it should be, start tsexpose with --host ${name}.`,
    error: 'http_request_denied',
  };
}

/**
 * Returns the page for a failure of the target. Only callers of the tailnet read where the target is. What to do about it is
 * in the log of the person who runs it: callers cannot do it.
 */
export function failurePage(failure: Failure, identity: Identity): ErrorPage {
  const insider = isInsider(identity);
  return {
    status: failure.status,
    title: failure.status === 504 ? 'The app took too long to respond' : 'The app is not responding',
    // rule: callers from the internet do not learn where the target is — mutate: insider => true
    message: insider ? failure.message : 'The app at this address is not available right now.',
    error: failure.error,
    ...(failure.outage ? { retryAfter: RETRY_SECONDS } : {}),
  };
}

/** Sends a page as the whole response to a request. `close` ends the connection after it. */
export function sendPage(request: CallerRequest, response: CallerResponse, page: ErrorPage, close = false): void {
  if (request.headers['content-type']?.startsWith('application/grpc')) {
    response.writeHead(200, 'OK', grpcStatus(page));
    response.end();
    return;
  }
  const { headers, body } = renderErrorPage(page, request.headers.accept);
  if (close) response.shouldKeepAlive = false;
  response.writeHead(page.status, STATUS_CODES[page.status] ?? '', headers);
  response.end(body);
}

/** How a page is sent. */
export interface RawPageOptions {
  /** The caller's `Accept`. @default plain text */
  accept?: string | undefined;
  /** Whether the connection ends after it. @default true */
  close?: boolean;
  /** Whether the body is left out. @default false */
  headOnly?: boolean;
}

/** Returns a page in the bytes of HTTP/1.1, for a connection that Node's parser does not have, or has given up. */
export function rawPage(page: ErrorPage, { accept, close = true, headOnly = false }: RawPageOptions = {}): Buffer {
  const { headers, body } = renderErrorPage(page, accept);
  let head = `HTTP/1.1 ${page.status} ${STATUS_CODES[page.status] ?? ''}\r\nDate: ${new Date().toUTCString()}\r\n`;
  if (close) head += 'Connection: close\r\n';
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.concat([Buffer.from(`${head}\r\n`), headOnly ? Buffer.alloc(0) : body]);
}
