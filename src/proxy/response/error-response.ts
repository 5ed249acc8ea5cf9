/** Answers of the proxy's own, in place of the service's. */
import { STATUS_CODES } from 'node:http';
import type { Denial } from '../../access/gate.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Refusal } from '../request/framing.ts';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import type { Failure } from '../target/diagnose.ts';
import { type ErrorPage, renderErrorPage } from './error-page.ts';
import { grpcStatus } from './grpc.ts';

// Short enough for somebody who has just started the service, long enough to be no load.
const RETRY_SECONDS = 3;

/** The page for a request that is not forwarded because of what it is. */
export function refusalPage({ status, reason }: Refusal): ErrorPage {
  const titles: Record<number, string> = {
    401: 'A password is needed',
    429: 'Too many attempts',
    405: 'This method is not forwarded',
    408: 'The request took too long',
    413: 'The request is too large',
    417: 'This expectation cannot be met',
    431: 'The request has too many headers',
    501: 'This method is not known',
    505: 'This version of HTTP is not spoken',
  };
  return { status, title: titles[status] ?? 'The request cannot be forwarded', message: reason };
}

/** The page for a caller who may not come in. */
export function denialPage({ status, rule }: Denial, identity: Identity): ErrorPage {
  if (status === 503) {
    return {
      status,
      title: 'It is not known who you are',
      message: `This service takes identified callers only (${rule}), and the tailnet has no answer for ${identity.ip || 'your address'} right now.`,
      error: 'http_request_denied',
      retryAfter: RETRY_SECONDS,
    };
  }
  return {
    status,
    title: 'You may not use this service',
    error: 'http_request_denied',
    // A rule names people: that is for those who are of the tailnet themselves.
    message: `${describe(identity)} is kept out by ${isInsider(identity) ? `the rule ${rule}` : 'a rule of this service'}.`,
  };
}

function isInsider({ kind }: Identity): boolean {
  return kind === 'user' || kind === 'tagged';
}

function describe(identity: Identity): string {
  if (identity.kind === 'user') return identity.login;
  if (identity.kind === 'tagged')
    return `The device ${identity.node?.name ?? identity.ip} (${identity.node?.tags.join(', ')})`;
  return identity.kind === 'funnel' ? 'A visitor from the internet' : 'A caller without an identity';
}

/** The page for a path that no route has. */
export function nowherePage(): ErrorPage {
  return { status: 404, title: 'There is nothing here', message: 'No service of this address answers for this path.' };
}

/** The page for a service that does not answer. Only people of the tailnet read where it should have been. */
export function failurePage(failure: Failure, identity: Identity): ErrorPage {
  const insider = isInsider(identity);
  return {
    status: failure.status,
    title: failure.status === 504 ? 'The service takes too long' : 'The service does not answer',
    message: insider ? failure.message : 'The service behind this address is not available right now.',
    suggestions: insider ? failure.suggestions : [],
    error: failure.error,
    ...(failure.outage ? { retryAfter: RETRY_SECONDS } : {}),
  };
}

/** Sends a page as the whole answer to a request. `close` ends the connection after it. */
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

/** The same as bytes, for a connection whose parser has given up. */
export function rawPage(page: ErrorPage, reasonPhrase: string): Buffer {
  const { headers, body } = renderErrorPage(page, undefined);
  let head = `HTTP/1.1 ${page.status} ${reasonPhrase}\r\nConnection: close\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.concat([Buffer.from(`${head}\r\n`), body]);
}
