/** The line server, for `nc chat 2323`: plain text both ways. It asks for no name, because the connection has one. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Identity } from '../../identity/identity.ts';
import type { Chat } from '../room/chat.ts';
import type { RefusedEvent, ServerEvent } from '../room/event.ts';
import { LOBBY } from '../room/room-name.ts';
import type { CloseReason, Session } from '../room/session.ts';
import { LineReader } from './line-reader.ts';
import { plainText, transcript } from './transcript.ts';
import { REJECTIONS } from './websocket.ts';

/** Port of the line server. */
export const LINE_PORT = 2323;
/** How much a client may leave unread before it is dropped, in bytes. */
const MAX_UNREAD = 256 * 1024;

const FAREWELLS: Record<CloseReason, string> = {
  quit: 'Goodbye.',
  gone: 'This tailnet no longer recognizes you.',
  flood: 'You are sending too fast.',
  shutdown: 'The chat has ended.',
  lost: '',
};

/** Connects a caller to the chat that sends and reads lines. */
export function acceptLines(chat: Chat, socket: Socket, identity: Identity): void {
  const connection = new LineConnection(socket);
  const session = chat.connect(identity, connection);
  if (typeof session === 'string') connection.hangUp(REJECTIONS[session]);
  else connection.serve(session);
}

class LineConnection {
  readonly #socket: Socket;
  readonly #reader = new LineReader();
  // Marks messages from this connection, which are already on this screen, unlike those from the person's other ones.
  readonly #prefix = `line-${randomBytes(6).toString('hex')}-`;
  readonly #waiting: string[] = [];
  #count = 0;
  #refused: RefusedEvent | undefined;
  #pause: NodeJS.Timeout | undefined;
  #ended = false;
  #lineEnd = '\n';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
  }

  serve(session: Session): void {
    const socket = this.#socket;
    const take = (lines: string[]) => {
      this.#waiting.push(...lines);
      this.#pump(session);
    };
    socket.on('data', (chunk: Buffer) => {
      take(this.#reader.push(chunk));
      // rule: a line without an end is not read on
      if (this.#reader.overflowed) this.hangUp('That line is too long.');
    });
    socket.once('end', () => {
      this.#ended = true;
      take([this.#reader.end()]);
    });
    socket.once('close', () => {
      clearTimeout(this.#pause);
      session.close('lost');
    });
    const follow = (identity: Identity) => session.identify(identity);
    // rule: a session on the line server follows the identity of its connection
    socket.on('identity', follow);
    session.receive({ type: 'hello', room: LOBBY });
    this.#write('-- Type a line to send it. /help lists the commands.');
  }

  /** Sends the waiting lines, no faster than one person may. */
  #pump(session: Session): void {
    while (this.#pause === undefined && this.#waiting.length > 0 && this.#socket.writable) {
      const [line = ''] = this.#waiting;
      if (line.endsWith('\r')) this.#lineEnd = '\r\n';
      this.#refused = undefined;
      if (line.trim() !== '') session.receive({ type: 'say', ref: `${this.#prefix}${this.#count}`, text: line });
      const { retryAfter } = (this.#refused ?? {}) as { retryAfter?: number };
      if (retryAfter === undefined) {
        this.#waiting.shift();
        this.#count += 1;
        continue;
      }
      // The sender waits, so that nothing of a longer text is lost.
      this.#socket.pause();
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        this.#socket.resume();
        this.#pump(session);
      }, retryAfter);
    }
    if (this.#ended && this.#waiting.length === 0) session.close('quit');
  }

  send(event: ServerEvent): void {
    if (event.type === 'message' && event.ref.startsWith(this.#prefix)) return;
    if (event.type === 'refused') this.#refused = event;
    if (event.type === 'refused' && event.retryAfter !== undefined && event.ref !== undefined) return;
    for (const line of transcript(event)) this.#write(plainText(line));
  }

  #write(text: string): void {
    // rule: a client of the line server that does not read is dropped
    if (this.#socket.writableLength > MAX_UNREAD) this.#socket.destroy();
    else if (this.#socket.writable) this.#socket.write(`${text.replaceAll('\n', this.#lineEnd)}${this.#lineEnd}`);
  }

  close(reason: CloseReason): void {
    if (reason === 'lost') this.#socket.destroy();
    else this.hangUp(FAREWELLS[reason]);
  }

  /** Sends a last sentence and closes the connection; ignores further input. */
  hangUp(sentence: string): void {
    this.#write(`-- ${sentence}`);
    this.#waiting.length = 0;
    this.#socket.removeAllListeners('data').resume();
    this.#socket.end();
    // A client that keeps its end open is cut off.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }
}
