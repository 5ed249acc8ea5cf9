import http from 'node:http';
import net from 'node:net';
import { addAbortSignal, Readable } from 'node:stream';
import { abortError } from '../errors.ts';
import type { Runtime } from '../native/runtime.ts';

/** A request to the LocalAPI. */
export interface LocalApiOptions {
  /** Cancels the request, or the response while it is being read. */
  signal?: AbortSignal;
  /** Additional request headers. */
  headers?: Record<string, string>;
}

/** The body of a LocalAPI request; objects are sent as JSON. */
export type LocalApiBody = string | Uint8Array | Readable | object;

// Statuses for which a Response must not have a body.
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * Sends a request to the node's LocalAPI over a socket pair of its own; see `Tailnet.localApi`.
 *
 * @internal
 */
export async function requestLocalApi(
  runtime: Runtime,
  node: number,
  method: string,
  path: string,
  body: LocalApiBody | undefined,
  { signal, headers }: LocalApiOptions,
): Promise<http.IncomingMessage> {
  const socket = await openLocalApi(runtime, node, signal);
  const request = http.request({
    createConnection: () => socket,
    method,
    path: path.startsWith('/') ? path : `/localapi/v0/${path}`,
    // The LocalAPI refuses any other host, to protect against DNS rebinding.
    headers: { ...headers, Host: 'local-tailscaled.sock' },
  });
  const abort = () => request.destroy(abortError(signal!));
  signal?.addEventListener('abort', abort);
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
  if (body instanceof Readable) {
    body.once('error', (error) => request.destroy(error)).pipe(request);
    request.once('close', () => body.destroy());
  } else request.end(isPlain(body) ? JSON.stringify(body) : body);
  try {
    const answer = await answered;
    if (signal) addAbortSignal(signal, answer);
    return answer;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function openLocalApi(runtime: Runtime, node: number, signal: AbortSignal | undefined): Promise<net.Socket> {
  let fd: number | null = null;
  const open = runtime.call<null>((binding, request) => {
    fd = binding.nodeLocalApi(node, request);
    return fd !== null;
  }, signal);
  const socket = fd !== null && fd >= 0 ? new net.Socket({ fd, readable: true, writable: true }) : undefined;
  try {
    await open;
    return socket!;
  } catch (error) {
    socket?.destroy();
    throw error;
  }
}

function isPlain(body: LocalApiBody | undefined): body is object {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/**
 * Returns a response of the LocalAPI as one of Fetch, whose first use takes Node.js several megabytes.
 *
 * @internal
 */
export function toResponse(answer: http.IncomingMessage): Response {
  const status = answer.statusCode!;
  const headers = new Headers();
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    headers.append(answer.rawHeaders[i]!, answer.rawHeaders[i + 1]!);
  if (BODILESS.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  const body = Readable.toWeb(answer) as unknown as ReadableStream;
  return new Response(body, { status, statusText: answer.statusMessage, headers });
}
