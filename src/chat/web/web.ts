/** The chat's web side: its page, the few resources that the page needs, and the way to its WebSocket. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { renderSVG } from 'uqr';
import type { Identity } from '../../identity/identity.ts';
import type { Chat } from '../room/chat.ts';
import { personOf } from '../room/person.ts';
import { LOBBY, roomName } from '../room/room-name.ts';
import { LINE_PORT } from '../transport/line-server.ts';
import { TURNED_AWAY, WebSocketDoor } from '../transport/websocket.ts';
import { hostFault, originFault } from './origin.ts';
import { loadPage } from './page-files.ts';
import { type Answer, file, isSecure, json, refuseUpgrade, send, text } from './response.ts';

/** Path of the WebSocket. No room is called `-`, so everything under it is the page's own. */
export const WEBSOCKET_PATH = '/-/ws';

export interface WebOptions {
  /** Names and addresses that the chat goes by just now, the short one first; without ports. */
  names: () => readonly string[];
  /** Who sends a request. @default the `tailscale` property that a server on the tailnet gives its requests */
  identify?: (request: IncomingMessage) => Identity | undefined;
  /** Where the caller should go instead, such as to HTTPS; undefined for nowhere. @default nowhere */
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
  readonly #door: WebSocketDoor;
  readonly #files = loadPage();

  constructor(chat: Chat, { names, identify, redirect }: WebOptions) {
    this.#names = names;
    this.#identify = identify ?? ((request) => (request as { tailscale?: Identity }).tailscale);
    this.#redirect = redirect ?? (() => undefined);
    this.#door = new WebSocketDoor(chat);
  }

  answer(request: IncomingMessage): Answer {
    const fault = hostFault(request, this.#names());
    if (fault) return text(fault.status, fault.message);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return text(405, 'Expected GET.', { Allow: 'GET, HEAD' });
    const location = this.#redirect(request);
    if (location !== undefined) return text(307, `This chat is at ${location}`, { Location: location });
    // Not through URL, for which some request targets are none.
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    if (path.startsWith('/-/')) return this.#resource(request, path.slice(3), new URLSearchParams(query));
    // Everything else is a room; the page itself finds out which.
    return roomName(path) === undefined ? text(404, 'There is no such page.') : this.#file(request, 'index.html');
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
        return person ? json(person) : text(403, TURNED_AWAY.unknown);
      }
      case 'qr.svg': {
        const room = roomName(parameters.get('room') ?? '');
        return room === undefined ? text(404, 'There is no such room.') : qrCode(request, room);
      }
      default:
        return this.#file(request, name);
    }
  }

  #file(request: IncomingMessage, name: string): Answer {
    const found = this.#files.get(name);
    return found ? file(found, request) : text(404, 'There is no such file.');
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const fault = originFault(request, this.#names());
    const identity = this.#identify(request);
    if (fault) refuseUpgrade(socket, text(fault.status, fault.message));
    else if (request.url?.split('?')[0] !== WEBSOCKET_PATH)
      refuseUpgrade(socket, text(404, 'There is no such socket.'));
    else if (!identity) refuseUpgrade(socket, text(403, TURNED_AWAY.unknown));
    else this.#door.accept(request, socket, head, identity);
  }
}

/** The address of a room as a picture. It names the host that the request came to, which has been checked. */
function qrCode(request: IncomingMessage, room: string): Answer {
  const scheme = isSecure(request) ? 'https' : 'http';
  const url = `${scheme}://${request.headers.host}/${room === LOBBY ? '' : room}`;
  return { status: 200, headers: { 'Content-Type': 'image/svg+xml' }, body: renderSVG(url, { border: 2 }) };
}
