/** The chat over HTTP: its page, the resources of the page, and the upgrade to its WebSocket. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { renderSVG } from 'uqr';
import type { Identity } from '../../identity/identity.ts';
import type { Chat } from '../room/chat.ts';
import { WEBSOCKET_PATH } from '../room/event.ts';
import { personOf } from '../room/person.ts';
import { LOBBY, roomName } from '../room/room-name.ts';
import { LINE_PORT } from '../transport/line-server.ts';
import { REJECTIONS, WebSocketEndpoint } from '../transport/websocket.ts';
import { hostFault, originFault } from './origin.ts';
import { loadPage } from './page-files.ts';
import { type Answer, file, isSecure, json, refuseUpgrade, send, text } from './response.ts';

export interface WebOptions {
  /** Returns the current names and addresses of the chat, the short name first; without ports. */
  names: () => readonly string[];
  /** Returns the caller. @default the `tailscale` property that a server on the tailnet adds to its requests */
  identify?: (request: IncomingMessage) => Identity | undefined;
  /** Returns a URL to redirect to, such as one with HTTPS; undefined for none. @default none */
  redirect?: (request: IncomingMessage) => string | undefined;
}

/**
 * Serves a chat on an HTTP server.
 *
 * @example
 * ```ts
 * const server = tailnet.createServer();
 * serveChat(server, new Chat(), { names: () => [tailnet.name, tailnet.fqdn, ...tailnet.ips] });
 * server.listen(80);
 * ```
 */
export function serveChat(server: Server, chat: Chat, options: WebOptions): void {
  const web = new ChatWeb(chat, options);
  server.on('request', (request, response) => send(request, response, web.answer(request)));
  server.on('upgrade', (request, socket, head) => web.upgrade(request, socket, head));
}

class ChatWeb {
  readonly #names: () => readonly string[];
  readonly #identify: (request: IncomingMessage) => Identity | undefined;
  readonly #redirect: (request: IncomingMessage) => string | undefined;
  readonly #webSockets: WebSocketEndpoint;
  readonly #files = loadPage();

  constructor(chat: Chat, { names, identify, redirect }: WebOptions) {
    this.#names = names;
    this.#identify = identify ?? ((request) => (request as { tailscale?: Identity }).tailscale);
    this.#redirect = redirect ?? (() => undefined);
    this.#webSockets = new WebSocketEndpoint(chat);
  }

  answer(request: IncomingMessage): Answer {
    const fault = hostFault(request, this.#names());
    // rule: the page is only served under the chat's own names
    if (fault) return text(fault.status, fault.message);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return text(405, 'Method not allowed.', { Allow: 'GET, HEAD' });
    const location = this.#redirect(request);
    if (location !== undefined) return text(307, `This chat moved to ${location}`, { Location: location });
    // Not parsed as a URL, which some request targets are not.
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    if (path.startsWith('/-/')) return this.#resource(request, path.slice(3), new URLSearchParams(query));
    // Every other path is a room; the page itself reads which one.
    return roomName(path) === undefined ? text(404, 'Page not found.') : this.#file(request, 'index.html');
  }

  #resource(request: IncomingMessage, name: string, parameters: URLSearchParams): Answer {
    switch (name) {
      case 'healthz':
        return text(200, 'ok');
      case 'about': {
        const [name = 'chat'] = this.#names();
        return json({ name, terminal: `tsexpose chat join ${name}`, lines: `nc ${name} ${LINE_PORT}` });
      }
      case 'whoami': {
        const identity = this.#identify(request);
        const person = identity && personOf(identity);
        return person ? json(person) : text(403, REJECTIONS.unknown);
      }
      case 'qr.svg': {
        const room = roomName(parameters.get('room') ?? '');
        return room === undefined ? text(404, 'Invalid room name.') : qrCode(request, room);
      }
      default:
        return this.#file(request, name);
    }
  }

  #file(request: IncomingMessage, name: string): Answer {
    const found = this.#files.get(name);
    return found ? file(found, request) : text(404, 'File not found.');
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const fault = originFault(request, this.#names());
    const identity = this.#identify(request);
    // rule: a WebSocket is only opened by the chat's own page or by a program
    if (fault) refuseUpgrade(socket, text(fault.status, fault.message));
    else if (request.url?.split('?')[0] !== WEBSOCKET_PATH) refuseUpgrade(socket, text(404, 'WebSocket not found.'));
    else if (!identity) refuseUpgrade(socket, text(403, REJECTIONS.unknown));
    else this.#webSockets.accept(request, socket, head, identity);
  }
}

/** Returns the URL of a room as a QR code. The host is that of the request, which has been checked. */
function qrCode(request: IncomingMessage, room: string): Answer {
  const scheme = isSecure(request) ? 'https' : 'http';
  const url = `${scheme}://${request.headers.host}/${room === LOBBY ? '' : room}`;
  return { status: 200, headers: { 'Content-Type': 'image/svg+xml' }, body: renderSVG(url, { border: 2 }) };
}
