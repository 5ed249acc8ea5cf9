/** The chat's WebSocket: one JSON event a message, as `docs/chat.md` describes. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Identity } from '../../identity/identity.ts';
import type { Chat, TurnedAway } from '../room/chat.ts';
import { PROTOCOL, type ServerEvent } from '../room/event.ts';
import type { CloseReason, Session } from '../room/session.ts';
import { Gather, gatherTime } from './gather.ts';
import { textFrame } from './text-frame.ts';

/** Longest message from a client, in bytes. */
export const MAX_FRAME = 16 * 1024;
/** What a client may leave unread before it is dropped, in bytes. */
export const MAX_UNREAD = 512 * 1024;
const PING_MS = 30_000;
/** How long a client may take to say good-bye, in milliseconds. */
const FAREWELL_MS = 1_000;
/** How long a client may take to say hello, in milliseconds. */
const HELLO_MS = 10_000;

/** Close codes: those under 4000 are RFC 6455's. */
export const CLOSE_CODES: Record<CloseReason | TurnedAway, number> = {
  quit: 1000,
  lost: 1000,
  shutdown: 1001,
  flood: 1008,
  unknown: 4001,
  gone: 4001,
  full: 4002,
  'too-many': 4002,
};

/** Why a caller is turned away, in words. */
export const TURNED_AWAY: Record<TurnedAway, string> = {
  unknown: 'This chat is for people and devices of the tailnet, and you are not known as one.',
  full: 'The chat is full.',
  'too-many': 'You have too many connections; close a tab.',
};

/** Takes WebSocket connections for a chat. */
export class WebSocketDoor {
  readonly #chat: Chat;
  readonly #gather = new Gather();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME,
    // Compressed frames could be bombs, and chat gains nothing from compression.
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  /** Takes over an upgrade whose origin has been checked. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, socket, this.#gather);
      const session = this.#chat.connect(identity, connection);
      if (typeof session === 'string') {
        webSocket.close(CLOSE_CODES[session], TURNED_AWAY[session]);
        return;
      }
      connection.serve(session);
      // The connection lives longer than the answer of whois that it began with.
      const follow = (changed: Identity) => session.identify(changed);
      request.socket.on('identity', follow);
      webSocket.once('close', () => request.socket.off('identity', follow));
    });
  }
}

/** One WebSocket as an outlet. */
class Connection {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #gather: Gather;
  #session: Session | undefined;
  #answered = true;

  /** @param socket What `webSocket` speaks on. */
  constructor(webSocket: WebSocket, socket: Duplex, gather: Gather) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#gather = gather;
    // A frame that is too long, no text, or malformed: ws closes the connection with the right code by itself.
    webSocket.on('error', () => {});
  }

  serve(session: Session): void {
    const webSocket = this.#webSocket;
    this.#session = session;
    const hello = setTimeout(() => webSocket.close(1008, 'Expected a hello.'), HELLO_MS);
    const ping = setInterval(() => this.#ping(), PING_MS);
    webSocket.on('pong', () => {
      this.#answered = true;
    });
    webSocket.on('message', (data, isBinary) => {
      clearTimeout(hello);
      session.receive(isBinary ? undefined : parseJson(data.toString()));
    });
    webSocket.once('close', () => {
      clearTimeout(hello);
      clearInterval(ping);
      session.close('lost');
    });
  }

  send(event: ServerEvent): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    // Somebody who does not read must not fill the memory; what they missed they get when they come back.
    if (this.#webSocket.bufferedAmount > MAX_UNREAD) {
      this.#webSocket.terminate();
      return;
    }
    this.#gather.hold(this.#socket, gatherTime(this.#session?.room?.sessions.size ?? 0));
    // Past ws, which would make a header and two writes for each reader; without extensions its own frames go straight
    // to the socket as well.
    this.#socket.write(encoded(event));
  }

  close(reason: CloseReason): void {
    this.#webSocket.close(CLOSE_CODES[reason], reason);
    // A device that was removed cannot even be told so.
    setTimeout(() => this.#webSocket.terminate(), FAREWELL_MS).unref();
  }

  #ping(): void {
    if (!this.#answered) {
      this.#webSocket.terminate();
      return;
    }
    this.#answered = false;
    this.#webSocket.ping();
  }
}

// A room sends the same event to everybody in it: it is made into a frame once.
const frames = new WeakMap<ServerEvent, Buffer>();

function encoded(event: ServerEvent): Buffer {
  let known = frames.get(event);
  if (!known) {
    known = textFrame(JSON.stringify(event));
    frames.set(event, known);
  }
  return known;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
