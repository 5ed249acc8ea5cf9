/** Targets that need no app: a text, a redirect, the files of a directory. */
import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import send from 'send';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import { refusalPage, sendPage } from '../response/error-response.ts';
import type { LocalAnswer } from '../target/target-types.ts';

/** Answers a request. `path` is what the app of a route would see, `mount` what was stripped from it. */
export function answerLocally(
  answer: LocalAnswer,
  request: CallerRequest,
  response: CallerResponse,
  path: string,
  mount: string,
): void {
  // rule: files are only read — mutate: request.method !== 'GET' && request.method !== 'HEAD' => false
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    sendPage(request, response, refusalPage({ status: 405, reason: 'Only GET and HEAD are allowed here.' }));
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
  // rule: a symbolic link out of the directory is not followed
  if (!(await isInside(root, pathname))) return notFound(request, response);
  // rule: dotfiles are not served — mutate: isWellKnown(pathname) ? 'allow' : 'ignore' => 'allow'
  const dotfiles = isWellKnown(pathname) ? 'allow' : 'ignore';
  send(request as unknown as IncomingMessage, pathname, { root, dotfiles, index: ['index.html'] })
    .on('error', () => notFound(request, response))
    .on('directory', () => {
      // Browsers take `/\\host` for `//host`.
      // rule: the slash added to a directory leads to no other host
      // mutate: pathname.replace(/^[/\\]+/, '/') => pathname
      const location = `${mount}${pathname.replace(/^[/\\]+/, '/')}/`;
      response.writeHead(301, 'Moved Permanently', ['Location', location, 'Content-Length', '0']);
      response.end();
    })
    .pipe(response as unknown as ServerResponse);
}

/** Whether a path is in `/.well-known/`, the one dotfile that is there to be served (RFC 8615), and in no other. */
function isWellKnown(pathname: string): boolean {
  const [, first, ...rest] = decodeURIComponent(pathname).split(/[/\\]/);
  // rule: dotfiles below /.well-known/ are not served — mutate: && !rest.some((part) => part.startsWith('.')) =>
  return first === '.well-known' && !rest.some((part) => part.startsWith('.'));
}

/** Whether a path, with all symbolic links resolved, is in the directory. */
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
  sendPage(request, response, { status: 404, title: 'Not found', message: 'There is no page at this path.' });
}
