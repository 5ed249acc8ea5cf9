/** Targets that need no service: a text, a redirect, the files of a directory. */
import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import send from 'send';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import { refusalPage, sendPage } from '../response/error-response.ts';

/** What is answered without a service. */
export type LocalAnswer =
  | { type: 'text'; text: string }
  | { type: 'redirect'; location: string }
  | { type: 'files'; root: string };

/** Answers a request. `path` is what the service of a route would see, `mount` what was taken off it. */
export function answerLocally(
  answer: LocalAnswer,
  request: CallerRequest,
  response: CallerResponse,
  path: string,
  mount: string,
): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    sendPage(request, response, refusalPage({ status: 405, reason: `${request.method} means nothing here.` }));
  } else if (answer.type === 'text') {
    sendText(request, response, answer.text);
  } else if (answer.type === 'redirect') {
    response.writeHead(302, 'Found', ['Location', answer.location, 'Content-Length', '0']);
    response.end();
  } else {
    void sendFile(answer.root, request, response, path, mount);
  }
}

function sendText(request: CallerRequest, response: CallerResponse, text: string): void {
  const body = Buffer.from(`${text}\n`);
  const type = 'text/plain; charset=utf-8';
  const headers = ['Content-Type', type, 'Content-Length', String(body.length), 'X-Content-Type-Options', 'nosniff'];
  response.writeHead(200, 'OK', headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function sendFile(
  root: string,
  request: CallerRequest,
  response: CallerResponse,
  path: string,
  mount: string,
): Promise<void> {
  const pathname = path.split('?', 1)[0]!;
  if (!(await isInside(root, pathname))) return notFound(request, response);
  send(request as unknown as IncomingMessage, pathname, { root, dotfiles: 'ignore', index: ['index.html'] })
    .on('error', () => notFound(request, response))
    .on('directory', () => {
      // Neither `//host` nor `/\\host`, which browsers take for the same.
      const location = `${mount}${pathname.replace(/^[/\\]+/, '/')}/`;
      response.writeHead(301, 'Moved Permanently', ['Location', location, 'Content-Length', '0']);
      response.end();
    })
    .pipe(response as unknown as ServerResponse);
}

/** Whether a path leads to something below the directory: a link out of it is followed by nobody. */
async function isInside(root: string, pathname: string): Promise<boolean> {
  try {
    const real = await realpath(root);
    const file = await realpath(join(real, decodeURIComponent(pathname)));
    return file === real || file.startsWith(real.endsWith(sep) ? real : real + sep);
  } catch {
    return false;
  }
}

function notFound(request: CallerRequest, response: CallerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sendPage(request, response, {
    status: 404,
    title: 'There is no such page',
    message: 'Nothing is kept under this path.',
  });
}
