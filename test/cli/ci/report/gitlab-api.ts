/** GitLab's REST API on loopback, as far as a preview uses it, with the shapes of its responses. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class GitLabApi implements AsyncDisposable {
  readonly token = 'glpat-token-of-the-project';
  readonly notes: { id: number; body: string; author: { id: number } }[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
      const { pathname, searchParams } = new URL(request.url!, this.url);
      const reply = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value));
      const notes = '/api/v4/projects/10/merge_requests/5/notes';
      const [, id] = /notes\/(\d+)$/.exec(pathname) ?? [];
      if (request.headers['private-token'] !== this.token) reply({ message: '401 Unauthorized' }, 401);
      else if (pathname === '/api/v4/user') reply({ id: 3 });
      else if (request.method === 'GET' && pathname === notes) {
        const size = Number(searchParams.get('per_page'));
        reply(this.notes.slice((Number(searchParams.get('page')) - 1) * size).slice(0, size));
      } else if (request.method === 'POST' && pathname === notes) {
        const note = { id: this.notes.length + 1, body: JSON.parse(text).body, author: { id: 3 } };
        this.notes.push(note);
        reply(note, 201);
      } else if (request.method === 'PUT' && id) {
        this.notes[Number(id) - 1]!.body = JSON.parse(text).body;
        reply(this.notes[Number(id) - 1]);
      } else reply({ error: '404 Not Found' }, 404);
    });
  }

  static async start(): Promise<GitLabApi> {
    const api = new GitLabApi();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v4`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
