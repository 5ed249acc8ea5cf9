/** GitHub's REST API on loopback, as far as a preview uses it, with the shapes of its responses. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeComment {
  id: number;
  body: string;
  user: { login: string; type: string };
  author_association: string;
}

export class GitHubApi implements AsyncDisposable {
  readonly token = 'ghs_token_of_the_job_0123456789';
  readonly comments: FakeComment[] = [];
  readonly deployments: { id: number; [field: string]: unknown }[] = [];
  readonly statuses: { deployment: number; state: string; [field: string]: unknown }[] = [];
  /** Paths for which the token of the job has no permission. */
  denied: RegExp | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const { status, value } = this.#answer(request, await bodyOf(request));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    });
  }

  static async start(): Promise<GitHubApi> {
    const api = new GitHubApi();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v3`;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a body is what the test looks at.
  #answer(request: IncomingMessage, body: any): { status: number; value: unknown } {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const path = pathname.replace(/^\/api\/v3\/repos\/acme\/shop\//, '');
    if (request.headers.authorization !== `Bearer ${this.token}`) return fault(401, 'Bad credentials');
    if (this.denied?.test(path)) return fault(403, 'Resource not accessible by integration');
    const route = `${request.method} ${path.replace(/\d+/g, 'N')}`;
    const number = Number(/\d+/.exec(path)?.[0]);
    switch (route) {
      case 'GET issues/N/comments': {
        const size = Number(searchParams.get('per_page'));
        const from = (Number(searchParams.get('page')) - 1) * size;
        return { status: 200, value: this.comments.slice(from, from + size) };
      }
      case 'POST issues/N/comments': {
        const user = { login: 'github-actions[bot]', type: 'Bot' };
        const comment = { id: this.comments.length + 1, body: body.body, user, author_association: 'NONE' };
        this.comments.push(comment);
        return { status: 201, value: comment };
      }
      case 'PATCH issues/comments/N': {
        const comment = this.comments.find(({ id }) => id === number)!;
        comment.body = body.body;
        return { status: 200, value: comment };
      }
      case 'POST deployments': {
        const deployment = { ...body, id: this.deployments.length + 1 };
        this.deployments.push(deployment);
        return { status: 201, value: deployment };
      }
      case 'POST deployments/N/statuses':
        this.statuses.push({ ...body, deployment: number });
        return { status: 201, value: body };
      default:
        return fault(404, 'Not Found');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

const fault = (status: number, message: string) => ({ status, value: { message } });

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}
