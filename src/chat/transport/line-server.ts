/** The door for `nc chat 2323`: lines of plain text both ways. Nobody is asked for a name; the connection tells it. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Identity } from '../../identity/identity.ts';
import type { Chat } from '../room/chat.ts';
import type { RefusedEvent, ServerEvent } from '../room/event.ts';
import { LOBBY } from '../room/room-name.ts';
import type { CloseReason, Session } from '../room/session.ts';
import { LineReader } from './line-reader.ts';
import { plainText, transcript } from './transcript.ts';
import { TURNED_AWAY } from './websocket.ts';

/** Port of the line door. */
export const LINE_PORT = 2323;
/** What a reader may leave unread before it is dropped, in bytes. */
const MAX_UNREAD = 256 * 1024;

const FAREWELLS: Record<CloseReason, string> = {
  quit: 'Good-bye.',
  gone: 'You are no longer known on this tailnet.',
  flood: 'You are sending faster than anybody can write.',
  shutdown: 'The chat ends here.',
  lost: '',
};

/** Takes a connection as one that talks in lines. */
export function acceptLines(chat: Chat, socket: Socket, identity: Identity): void {
  const connection = new LineConnection(socket);
  const session = chat.connect(identity, connection);
  if (typeof session === 'string') connection.bid(TURNED_AWAY[session]);
  else connection.serve(session);
}

class LineConnection {
  readonly #socket: Socket;
  readonly #reader = new LineReader();
  // Tells what was said here from what the same person says elsewhere: the former stands on this screen already.
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
      if (this.#reader.overflown) this.bid('That line is too long.');
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
    socket.on('identity', follow);
    session.receive({ type: 'hello', room: LOBBY });
    this.#write('-- Write a line to say it. /help lists what else there is.');
  }

  /** Says the waiting lines, as fast as one person may. */
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
      // The sender waits, as a terminal's would: nothing of a longer text is lost.
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
    if (this.#socket.writableLength > MAX_UNREAD) this.#socket.destroy();
    else if (this.#socket.writable) this.#socket.write(`${text.replaceAll('\n', this.#lineEnd)}${this.#lineEnd}`);
  }

  close(reason: CloseReason): void {
    if (reason === 'lost') this.#socket.destroy();
    else this.bid(FAREWELLS[reason]);
  }

  /** Says a last sentence and hangs up; whatever comes now is not even kept. */
  bid(sentence: string): void {
    this.#write(`-- ${sentence}`);
    this.#waiting.length = 0;
    this.#socket.removeAllListeners('data').resume();
    this.#socket.end();
    // Whoever keeps its own end open is not waited for.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }
}
