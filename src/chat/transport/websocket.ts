/** The chat's WebSocket: one JSON event per message, as in `docs/chat.md`. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Sender, type WebSocket, WebSocketServer } from 'ws';
import type { Identity } from '../../identity/identity.ts';
import type { Chat, Rejection } from '../room/chat.ts';
import { PROTOCOL, type ServerEvent } from '../room/event.ts';
import type { CloseReason, Session } from '../room/session.ts';
import { Gather, gatherTime } from './gather.ts';

/** Longest message from a client, in bytes. */
export const MAX_FRAME = 16 * 1024;
/** How much a client may leave unread before it is dropped, in bytes. */
export const MAX_UNREAD = 512 * 1024;
const PING_MS = 30_000;
/** How long a client may take to close the connection, in milliseconds. */
const FAREWELL_MS = 1_000;
/** How long a client may take to send `hello`, in milliseconds. */
const HELLO_MS = 10_000;

/** Close codes: those below 4000 are from RFC 6455. */
export const CLOSE_CODES: Record<CloseReason | Rejection, number> = {
  quit: 1000,
  lost: 1000,
  shutdown: 1001,
  flood: 1008,
  unknown: 4001,
  gone: 4001,
  full: 4002,
  'too-many': 4002,
};

/** Why a caller is rejected, as a sentence. */
export const REJECTIONS: Record<Rejection, string> = {
  unknown: 'We could not identify you. This chat is for people and devices on its tailnet.',
  full: 'The chat is full.',
  'too-many': 'You have too many connections. Close a tab.',
};

/** Connects callers to the chat over WebSocket. */
export class WebSocketEndpoint {
  readonly #chat: Chat;
  readonly #gather = new Gather();
  readonly #server = new WebSocketServer({
    noServer: true,
    // rule: a message has at most 16 KiB — mutate: MAX_FRAME => 1 << 24
    maxPayload: MAX_FRAME,
    // A small compressed frame could expand to a huge one, and chat messages hardly compress.
    // rule: messages are not compressed — mutate: false => true
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  /** Accepts an upgrade request whose origin has been checked. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, socket, this.#gather);
      const session = this.#chat.connect(identity, connection);
      if (typeof session === 'string') {
        webSocket.close(CLOSE_CODES[session], REJECTIONS[session]);
        return;
      }
      connection.serve(session);
      // The connection outlives the identity it started with.
      const follow = (changed: Identity) => session.identify(changed);
      // rule: a WebSocket follows the identity of its connection
      request.socket.on('identity', follow);
      webSocket.once('close', () => request.socket.off('identity', follow));
    });
  }
}

/** A WebSocket as the outlet of a session. */
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
    // After a frame that is too long, not text, or malformed, ws closes the connection with the right code by itself.
    webSocket.on('error', () => {});
  }

  serve(session: Session): void {
    const webSocket = this.#webSocket;
    this.#session = session;
    // rule: a client that sends nothing is dropped — mutate: webSocket.close(1008, 'No hello received.') => {}
    const hello = setTimeout(() => webSocket.close(1008, 'No hello received.'), HELLO_MS);
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
    // rule: a client that does not read is dropped; it catches up when it reconnects
    if (this.#webSocket.bufferedAmount > MAX_UNREAD) {
      this.#webSocket.terminate();
      return;
    }
    this.#gather.hold(this.#socket, gatherTime(this.#session?.room?.occupants.size ?? 0));
    // Not through ws's send(), which would build a header and make two writes for each reader. Without extensions, ws
    // writes its own frames straight to the socket as well.
    this.#socket.write(encoded(event));
  }

  close(reason: CloseReason): void {
    this.#webSocket.close(CLOSE_CODES[reason], reason);
    // The close frame cannot reach a device that was removed from the tailnet.
    setTimeout(() => this.#webSocket.terminate(), FAREWELL_MS).unref();
  }

  #ping(): void {
    // rule: a client that does not answer pings is dropped
    if (!this.#answered) {
      this.#webSocket.terminate();
      return;
    }
    this.#answered = false;
    this.#webSocket.ping();
  }
}

const TEXT_FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };

declare module 'ws' {
  // Exported by ws and missing from its types.
  export const Sender: { frame(data: Buffer, options: typeof TEXT_FRAME): Buffer[] };
}

// A room sends the same event to everyone in it, so it is framed once.
const frames = new WeakMap<ServerEvent, Buffer>();

function encoded(event: ServerEvent): Buffer {
  let known = frames.get(event);
  if (!known) {
    known = Buffer.concat(Sender.frame(Buffer.from(JSON.stringify(event)), TEXT_FRAME));
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
