/** Requests to the API of a CI service or a control server, through the proxy of the environment if there is one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, request } from 'undici';

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as a form. */
  form?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body, if it is JSON. */
  json: unknown;
}

/** How long a response may take, in milliseconds. */
const RESPONSE_MS = 10_000;
const ATTEMPTS = 3;
const RETRY_MS = 500;
/** The body of an error is quoted, and nothing else is that large. */
const MOST_TEXT = 4 * 1024 * 1024;

const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Sends a request; tries again if it cannot have had an effect, or may have it twice. */
export async function callApi(url: string, call: ApiRequest = {}): Promise<ApiResponse> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === ATTEMPTS;
    try {
      const response = await send(url, call);
      const mayRepeat = response.status === 429 || (response.status >= 500 && call.method !== 'POST');
      if (isLast || !mayRepeat) return response;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (isLast || call.signal?.aborted || !NO_CONNECTION.has(code ?? '')) throw error;
    }
    await sleep(RETRY_MS * attempt, undefined, { signal: call.signal });
  }
}

async function send(url: string, call: ApiRequest): Promise<ApiResponse> {
  const { method = 'GET', headers, json, form, signal } = call;
  const patience = AbortSignal.timeout(RESPONSE_MS);
  const dispatcher = new EnvHttpProxyAgent();
  const type = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  const body = json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json);
  try {
    const response = await request(url, {
      ...{ method, dispatcher, body },
      headers: { 'user-agent': 'tsexpose', ...(body !== undefined && { 'content-type': type }), ...headers },
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    const text = (await response.body.text()).slice(0, MOST_TEXT);
    return { status: response.statusCode, headers: response.headers, text, json: parse(text) };
  } catch (error) {
    if (patience.aborted) throw new Error(`${new URL(url).host} did not respond within ${RESPONSE_MS / 1000} s`);
    throw error;
  } finally {
    void dispatcher.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns what a response says about its failure, in one line. */
export function failureOf({ status, json, text }: ApiResponse): string {
  const { message, error, error_description: description } = (json ?? {}) as Record<string, unknown>;
  const said = [description, message, error].find((value) => typeof value === 'string') ?? text;
  const line = String(said).replace(/\s+/g, ' ').trim().slice(0, 300);
  return line ? `${status} ${line}` : `${status}`;
}
