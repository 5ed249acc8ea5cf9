/** A server that only redirects, such as from HTTP to HTTPS. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { DEFAULT_TIMEOUTS } from '../request/timeouts.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { refusalPage, sendPage } from '../response/error-response.ts';
import { createFedServer } from './node-server.ts';

/** Options of a {@link Redirect}. */
export interface RedirectOptions {
  /** Returns where to redirect, such as `https://myapp.tail1234.ts.net`, or a page while that is not possible. */
  origin: () => string | ErrorPage;
}

/** Redirects every request to the same path at another origin, which is ours whatever the request says. */
export class Redirect {
  readonly #server: Server;

  constructor({ origin }: RedirectOptions) {
    this.#server = createFedServer(DEFAULT_TIMEOUTS).on('request', (request, response) => {
      const to = origin();
      if (typeof to !== 'string') return sendPage(request, response, to, true);
      const path = request.url ?? '';
      // rule: only a path is redirected
      if (!path.startsWith('/')) {
        const refusal = { status: 400, reason: 'The request target is not a path.' };
        return sendPage(request, response, refusalPage(refusal), true);
      }
      // Temporary, and with the method kept: the next run may be without HTTPS.
      // rule: the redirect to HTTPS leads to our own name
      // mutate: to + path => `https://${request.headers.host}${path}`
      response.writeHead(307, { Location: to + path, 'Content-Length': 0, 'Cache-Control': 'no-store' }).end();
    });
  }

  /** Takes over a caller's connection. */
  accept(socket: Socket): void {
    socket.on('error', () => {});
    this.#server.emit('connection', socket);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
