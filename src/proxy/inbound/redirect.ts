/** A server that does nothing but lead visitors elsewhere. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { DEFAULT_TIMEOUTS } from '../request/timeouts.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { refusalPage, sendPage } from '../response/error-response.ts';
import { createFedServer } from './node-server.ts';

/** Options of a {@link Redirect}. */
export interface RedirectOptions {
  /** Where everything is led, such as `https://myapp.tail1234.ts.net`; a page where it cannot be led there just now. */
  origin: () => string | ErrorPage;
}

/**
 * Answers every request with a redirect to the same path at another origin. The origin is ours whatever the request
 * says: no visitor can be led to a place that somebody else chose.
 */
export class Redirect {
  readonly #server: Server;

  constructor({ origin }: RedirectOptions) {
    this.#server = createFedServer(DEFAULT_TIMEOUTS).on('request', (request, response) => {
      const to = origin();
      if (typeof to !== 'string') return sendPage(request, response, to, true);
      const path = request.url ?? '';
      if (!path.startsWith('/')) {
        return sendPage(
          request,
          response,
          refusalPage({ status: 400, reason: 'The request target is no path.' }),
          true,
        );
      }
      // Temporary, and with the method kept: the next run may be without HTTPS.
      response.writeHead(307, { Location: to + path, 'Content-Length': 0, 'Cache-Control': 'no-store' }).end();
    });
  }

  /** Takes over a visitor's connection. */
  accept(socket: Socket): void {
    socket.on('error', () => {});
    this.#server.emit('connection', socket);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
