/** Targets that need no app: a text, a redirect, the files of a directory. */
import { realpath } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { basename, dirname, join, sep } from 'node:path';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import { refusalPage, sendPage } from '../response/error-response.ts';
import type { LocalAnswer } from '../target/target-types.ts';
import { listDirectory } from './listing.ts';

/** Where a request is for. */
export interface Place {
  /** What the app of a route would see. */
  path: string;
  /** What was stripped from it. */
  mount: string;
  /** The caller's Host. */
  host: string;
}

/** Answers a request. */
export function answerLocally(
  answer: LocalAnswer,
  request: CallerRequest,
  response: CallerResponse,
  place: Place,
): void {
  // rule: files are only read — mutate: request.method !== 'GET' && request.method !== 'HEAD' => false
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    sendPage(request, response, refusalPage({ status: 405, reason: 'Only GET and HEAD are allowed here.' }));
  } else if (answer.type === 'text') {
    sendText(request, response, answer.text);
  } else if (answer.type === 'redirect') {
    const location = answer.location
      .replace(/\$\{HOST\}/g, () => place.host)
      .replace(/\$\{REQUEST_URI\}/g, () => originForm(request));
    moveTo(response, location, answer.status);
  } else if (answer.type === 'file') {
    void sendOne(answer.path, request, response, place).catch(() => response.destroy());
  } else {
    void sendFile(answer, request, response, place).catch(() => response.destroy());
  }
}

/** Returns the path and query that the caller asked for. */
function originForm({ url = '' }: CallerRequest): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '');
}

function sendText(request: CallerRequest, response: CallerResponse, text: string): void {
  const body = Buffer.from(`${text}\n`);
  const type = 'text/plain; charset=utf-8';
  const headers = ['Content-Type', type, 'Content-Length', String(body.length), 'X-Content-Type-Options', 'nosniff'];
  response.writeHead(200, 'OK', headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** send comes with a table of all media types, which few exposures need. */
const loadSend = async () => (await import('send')).default;

/** Sends a file that is the whole target: at the path of its route, and at no other. */
async function sendOne(file: string, request: CallerRequest, response: CallerResponse, { path }: Place): Promise<void> {
  if (path.split('?', 1)[0] !== '/') {
    notFound(request, response);
    return;
  }
  const send = await loadSend();
  const options = { root: dirname(file), dotfiles: 'allow', index: false } as const;
  send(request as unknown as IncomingMessage, `/${encodeURIComponent(basename(file))}`, options)
    .on('error', () => notFound(request, response))
    .pipe(response as unknown as ServerResponse);
}

async function sendFile(
  { root, listing = false }: Extract<LocalAnswer, { type: 'files' }>,
  request: CallerRequest,
  response: CallerResponse,
  { path, mount }: Place,
): Promise<void> {
  const pathname = path.split('?', 1)[0]!;
  const query = path.slice(pathname.length);
  // Without the slash, the links of the page would lead out of the directory.
  if (mount !== '' && originForm(request).split('?', 1)[0] === mount) return moveTo(response, `${mount}/${query}`);
  // rule: a symbolic link out of the directory is not followed
  if (!(await isInside(root, pathname))) return notFound(request, response);
  const sendListing = async () => {
    const page = listing && pathname.endsWith('/') ? await listDirectory(root, pathname, mount + pathname) : undefined;
    if (!page || response.headersSent) return notFound(request, response);
    response.writeHead(200, 'OK', page.headers);
    response.end(request.method === 'HEAD' ? undefined : page.body);
  };
  const send = await loadSend();
  // rule: dotfiles are not served — mutate: isWellKnown(pathname) ? 'allow' : 'ignore' => 'allow'
  const dotfiles = isWellKnown(pathname) ? 'allow' : 'ignore';
  send(request as unknown as IncomingMessage, pathname, { root, dotfiles, index: ['index.html'] })
    .on('error', () => void sendListing())
    .on('directory', () => {
      // Browsers take `/\\host` for `//host`.
      // rule: the slash added to a directory leads to no other host
      // mutate: pathname.replace(/^[/\\]+/, '/') => pathname
      moveTo(response, `${mount}${pathname.replace(/^[/\\]+/, '/')}/${query}`);
    })
    .pipe(response as unknown as ServerResponse);
}

function moveTo(response: CallerResponse, location: string, status = 301): void {
  response.writeHead(status, STATUS_CODES[status] ?? '', ['Location', location, 'Content-Length', '0']);
  response.end();
}

/** Whether a path is in `/.well-known/`, the one dotfile that is there to be served (RFC 8615), and in no other. */
function isWellKnown(pathname: string): boolean {
  const [, first, ...rest] = decodeURIComponent(pathname).split(/[/\\]/);
  // rule: dotfiles below /.well-known/ are not served — mutate: part.startsWith('.') => false
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
