/** Explains what went wrong between the proxy and a target, and what to do about it. */
import { explainCertificate } from './certificate-error.ts';
import type { Target } from './target-types.ts';

/** A request that got no response from the target. */
export interface Failure {
  /** 502 if the target is at fault, 504 if it takes too long, 503 while the proxy closes. */
  status: 502 | 503 | 504;
  /** Code of the underlying error, such as `ECONNREFUSED`. */
  code: string;
  /** The error in the terms of RFC 9209 §2.3. */
  error: string;
  /** One sentence about the target. */
  message: string;
  /** What to do about it, best first. */
  suggestions: string[];
  /** Whether the target cannot be reached at all. Such a failure is reported once, until the target responds again. */
  outage: boolean;
}

interface Diagnosis {
  error?: string;
  status?: 502 | 503 | 504;
  message: string;
  suggestions?: string[];
  outage?: boolean;
}

/** Explains an error of the connection to a target. */
export function diagnose(error: Error, target: Target): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  const diagnosis = byCode(error, code, target) ?? {
    message: `The request to ${target.url} failed: ${error.message}.`,
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
        message: `Nothing is listening on ${at}.`,
        suggestions: ['Start the app. Requests reach it as soon as it listens.', listHint(target)],
        outage: true,
      };
    case 'EACCES':
    case 'EPERM':
      return { error: 'destination_unavailable', message: `Permission denied: cannot open ${at}.`, outage: true };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        error: 'dns_error',
        message: `Cannot resolve the host name ${target.host}.`,
        suggestions: [`Check the name: getent hosts ${target.host}`],
        outage: true,
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return { error: 'destination_ip_unroutable', message: `There is no route to ${at}.`, outage: true };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { status: 504, error: 'connection_timeout', message: `Connecting to ${at} timed out.`, outage: true };
    case 'UND_ERR_HEADERS_TIMEOUT':
      return {
        status: 504,
        error: 'http_response_timeout',
        message: `${at} accepted the request but did not respond in time.`,
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return {
        error: 'connection_terminated',
        message: `${at} closed the connection without a response.`,
        suggestions: httpsHint(target),
      };
    case 'UND_ERR_HEADERS_OVERFLOW':
      return {
        error: 'http_response_header_section_size',
        message: `${at} responded with more than 1 MiB of headers.`,
      };
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return { status: 503, error: 'destination_unavailable', message: 'The proxy is shutting down.' };
    default:
      return aboutProtocol(error, code, target, at);
  }
}

function aboutProtocol(error: Error, code: string, target: Target, at: string): Diagnosis | undefined {
  if (code === 'ERR_HTTP2_NO_UPGRADE') {
    return {
      error: 'http_upgrade_failed',
      message: `${target.url} uses HTTP/2, and WebSockets are only forwarded over HTTP/1.1.`,
      suggestions: ['Route the path of the WebSocket to an HTTP/1.1 target: --route /ws=3001'],
    };
  }
  if (code === 'ERR_HTTP2_STREAM_ERROR') {
    return { error: 'connection_terminated', message: `${at} reset the stream without a response.` };
  }
  if (code === 'ERR_HTTP2_STATUS_INVALID') {
    return { message: `${at} responded with a status that is not valid in HTTP/2.` };
  }
  if (code.startsWith('ERR_HTTP2_') || code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') {
    return {
      message: `${at} does not speak HTTP/2${target.protocol === 'https' ? '' : ' without TLS (h2c)'}.`,
      suggestions: target.protocol === 'h2c' ? [`If it speaks HTTP/1.1: tsexpose http://${target.authority}`] : [],
      outage: true,
    };
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return { message: `${at} did not respond with valid HTTP/1.1.`, suggestions: httpsHint(target) };
  }
  if (code === 'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED') {
    return {
      error: 'tls_protocol_error',
      message: `The TLS of ${at} is too old to be safe: it does not support secure renegotiation (RFC 5746).`,
      suggestions: [`tsexpose https+insecure://${target.authority} (accepts old TLS and any certificate)`],
      outage: true,
    };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return {
      error: 'tls_protocol_error',
      message: `The TLS handshake with ${at} failed (${code}).`,
      suggestions: [`If it speaks plain HTTP: tsexpose http://${target.authority}`],
      outage: true,
    };
  }
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME|UNABLE_TO|CRL/.test(code)) {
    return { error: 'tls_certificate_error', outage: true, ...explainCertificate(error, code, target) };
  }
  return undefined;
}

function httpsHint({ protocol, authority }: Target): string[] {
  return protocol === 'http' ? [`If it speaks HTTPS: tsexpose https+insecure://${authority}`] : [];
}

function listHint({ socketPath }: Target): string {
  if (socketPath) return `Check that the app has created its socket: ls -l ${socketPath}`;
  return 'List the ports in use: ss -ltn (Linux), lsof -nP -iTCP -sTCP:LISTEN (macOS)';
}
