/** What went wrong between the proxy and the service, in words that say what to do about it. */

import { aboutCertificate } from './certificate-error.ts';
import type { Target } from './target.ts';

/** A failure to get an answer from the service. */
export interface Failure {
  /** 502 where the service is at fault, 504 where it takes too long, 503 while the proxy closes. */
  status: 502 | 503 | 504;
  /** Code of the error underneath, such as `ECONNREFUSED`. */
  code: string;
  /** The error as RFC 9209 §2.3 names it. */
  error: string;
  /** One sentence about the service. */
  message: string;
  /** What cures it, the best first. */
  suggestions: string[];
  /** Whether the service could not be reached at all; such a failure is reported once, until it answers again. */
  outage: boolean;
}

interface Diagnosis {
  error?: string;
  status?: 502 | 503 | 504;
  message: string;
  suggestions?: string[];
  outage?: boolean;
}

/** Says what an error of the connection to the service means. */
export function diagnose(error: Error, target: Target): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  const diagnosis = byCode(error, code, target) ?? {
    message: `The exchange with ${target.url} failed: ${error.message}.`,
  };
  return { status: 502, error: 'http_protocol_error', suggestions: [], outage: false, ...diagnosis, code };
}

function byCode(error: Error, code: string, target: Target): Diagnosis | undefined {
  const at = target.socketPath ?? target.authority;
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return {
        error: 'connection_refused',
        message: `Nothing listens on ${at}.`,
        suggestions: [`Start the service that belongs there; visitors get it as soon as it answers.`, portHint(target)],
        outage: true,
      };
    case 'EACCES':
    case 'EPERM':
      return { error: 'destination_unavailable', message: `${at} may not be opened by this user.`, outage: true };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        error: 'dns_error',
        message: `The name ${target.host} is not known here.`,
        suggestions: [`Check the name: getent hosts ${target.host}`],
        outage: true,
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return { error: 'destination_ip_unroutable', message: `There is no route to ${at}.`, outage: true };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return {
        status: 504,
        error: 'connection_timeout',
        message: `${at} did not take the connection in time.`,
        outage: true,
      };
    case 'UND_ERR_HEADERS_TIMEOUT':
      return {
        status: 504,
        error: 'http_response_timeout',
        message: `The service on ${at} took the request and gave no answer in time.`,
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return {
        error: 'connection_terminated',
        message: `The service on ${at} closed the connection without an answer.`,
        suggestions:
          target.protocol === 'http' ? [`If it speaks HTTPS: tsexpose https+insecure://${target.authority}`] : [],
      };
    case 'UND_ERR_HEADERS_OVERFLOW':
      return {
        error: 'http_response_header_section_size',
        message: `The service on ${at} answered with more than 64 KiB of headers.`,
      };
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return { status: 503, error: 'destination_unavailable', message: 'The proxy is closing.' };
    default:
      return aboutProtocol(error, code, target, at);
  }
}

function aboutProtocol(error: Error, code: string, target: Target, at: string): Diagnosis | undefined {
  if (code === 'ERR_HTTP2_NO_UPGRADE') {
    return {
      error: 'http_upgrade_failed',
      message: `${target.url} speaks HTTP/2, and WebSockets are forwarded to services that speak HTTP/1.1.`,
      suggestions: ['Give the path of the WebSocket a service of its own: --route /ws=3001'],
    };
  }
  if (code === 'ERR_HTTP2_STREAM_ERROR') {
    return { error: 'connection_terminated', message: `The service on ${at} broke the stream off without an answer.` };
  }
  if (code === 'ERR_HTTP2_STATUS_INVALID') {
    return { message: `The service on ${at} answered with a status that HTTP/2 does not have.` };
  }
  if (code.startsWith('ERR_HTTP2_') || code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') {
    return {
      message: `What listens on ${at} does not answer in HTTP/2${target.protocol === 'https' ? '' : ' without TLS (h2c)'}.`,
      suggestions: target.protocol === 'h2c' ? [`If it speaks HTTP/1.1: tsexpose http://${target.authority}`] : [],
      outage: true,
    };
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return {
      message: `What listens on ${at} does not answer in HTTP/1.1.`,
      suggestions:
        target.protocol === 'http' ? [`If it speaks HTTPS: tsexpose https+insecure://${target.authority}`] : [],
    };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return {
      error: 'tls_protocol_error',
      message: `What listens on ${at} does not speak TLS as expected (${code}).`,
      suggestions: [`If it speaks plain HTTP: tsexpose http://${target.authority}`],
      outage: true,
    };
  }
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME|UNABLE_TO|CRL/.test(code)) {
    return { error: 'tls_certificate_error', outage: true, ...aboutCertificate(error, code, target) };
  }
  return undefined;
}

function portHint(target: Target): string {
  if (target.socketPath) return `See whether the service made its socket: ls -l ${target.socketPath}`;
  return `See which ports are listened on: ss -ltn (Linux), lsof -nP -iTCP -sTCP:LISTEN (macOS)`;
}
