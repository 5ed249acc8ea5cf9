/** The trace context of a request (W3C Trace Context), as src/native/go/tracecontext handles it on the fast path. */
import { randomBytes } from 'node:crypto';

// Version, trace ID, parent ID, flags. Later versions may have more parts.
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** Returns the trace ID in a `traceparent`; undefined if it is malformed. */
export function traceIdOf(traceparent: string): string | undefined {
  const [, version, id, rest] = TRACEPARENT.exec(traceparent) ?? [];
  return version === '00' && rest !== undefined ? undefined : id;
}

/** Returns the trace ID in a list of headers; undefined unless there is exactly one `traceparent`, and it is valid. */
export function traceIdIn(headers: readonly string[]): string | undefined {
  const [only, another] = headers.filter((_, i) => i % 2 === 1 && headers[i - 1]!.toLowerCase() === 'traceparent');
  return only === undefined || another !== undefined ? undefined : traceIdOf(only);
}

/** Returns headers with a trace context: the caller's if it is valid, otherwise a new one. */
export function withTrace(headers: readonly string[]): string[] {
  if (traceIdIn(headers) !== undefined) return [...headers];
  const others = headers.filter((_, i) => !/^trace(parent|state)$/i.test(headers[i - (i % 2)]!));
  return [...others, 'traceparent', `00-${hex(16)}-${hex(8)}-01`];
}

function hex(bytes: number): string {
  const text = randomBytes(bytes).toString('hex');
  return /^0+$/.test(text) ? hex(bytes) : text;
}
