/** The proxy's own responses to gRPC, whose clients do not read pages. */
import type { ErrorPage } from './error-page.ts';

// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
const CODES: Record<number, number> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  405: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};
const UNKNOWN = 2;

/** Returns a page as a gRPC status: the head of a response that is all head (`Trailers-Only`). */
export function grpcStatus({ status, message, error = 'http_request_error' }: ErrorPage): string[] {
  return [
    ...['Content-Type', 'application/grpc'],
    ...['Grpc-Status', String(CODES[status] ?? UNKNOWN)],
    ...['Grpc-Message', message.replace(/[^\x20-\x24\x26-\x7e]+/g, percentEncode)],
    ...['Proxy-Status', `tsexpose; error=${error}`],
  ];
}

function percentEncode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
