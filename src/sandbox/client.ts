import { request } from 'node:http';
import { abortError, TsexposeError } from '../errors.ts';

/** Client of the program's JSON interface. */
export class AdminClient {
  readonly #url: string;
  readonly #token: string;
  /** Why the program has ended, once it has. */
  ended: TsexposeError | undefined;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /**
   * Sends a request and returns the JSON response.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` with the program's objection, or because it has ended
   */
  async request<T = void>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw abortError(signal);
    const { status, text } = await this.#send(method, path, body, signal);
    const answer = text ? JSON.parse(text) : undefined;
    if (status < 400) return answer as T;
    throw new TsexposeError(
      'ERR_TSEXPOSE_SANDBOX',
      `The sandbox refused ${method} ${path}: ${answer?.error ?? status}`,
    );
  }

  // node:http rather than fetch, whose pooled connections would keep the process alive after the sandbox has ended.
  #send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) =>
        reject(
          signal?.aborted
            ? abortError(signal)
            : (this.ended ??
                new TsexposeError('ERR_TSEXPOSE_SANDBOX', `The sandbox does not respond: ${cause.message}`, { cause })),
        );
      const outgoing = request(
        this.#url + path,
        { method, signal, agent: false, headers: { authorization: `Bearer ${this.#token}` } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode!, text }));
          response.on('error', fail);
        },
      );
      outgoing.on('error', fail);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
