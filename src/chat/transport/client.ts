/** A chat client for terminals and scripts: it reconnects by itself, and neither loses nor repeats a message. */
import type { Agent } from 'node:http';
import { isIP } from 'node:net';
import { text } from 'node:stream/consumers';
import WebSocket from 'ws';
import { abortError, TsexposeError } from '../../errors.ts';
import { type ClientEvent, PROTOCOL, type ServerEvent, WEBSOCKET_PATH } from '../room/event.ts';
import { LOBBY } from '../room/room-name.ts';
import { ChatLink } from './link.ts';
import { Outbox } from './outbox.ts';
import { CLOSE_CODES } from './websocket.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** How long to wait for a connection or an answer. */
const ANSWER_MS = 10_000;
const PING_MS = 25_000;

/** Close codes after which the client does not reconnect. */
const FINAL: Record<number, string> = {
  [CLOSE_CODES.quit]: 'You left the chat.',
  [CLOSE_CODES.gone]: 'This tailnet does not recognize you.',
};

export interface ChatClientOptions {
  /** @default 'lobby' */
  room?: string;
  /** Opens the connections, such as `tailnet.agent()`. @default Node's own */
  agent?: Agent;
}

/**
 * A client of a chat.
 *
 * @example
 * ```ts
 * const client = new ChatClient('http://chat', { agent: tailnet.agent() });
 * client.on('event', (event) => event.type === 'message' && console.log(event.from.name, event.text));
 * await client.connect();
 * client.say('deployed :rocket:');
 * ```
 */
export class ChatClient extends ChatLink {
  readonly #url: string;
  readonly #agent: Agent | undefined;
  readonly #outbox = new Outbox((said) => this.send({ type: 'say', ...said }));
  readonly #lastIds = new Map<string, string>();
  // Recognizes messages that arrive twice, as they may after a restart of the chat.
  readonly #seen = new Set<string>();
  #room: string;
  #socket: WebSocket | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #answer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param url URL of the chat, such as `http://chat`. */
  constructor(url: string, { room = LOBBY, agent }: ChatClientOptions = {}) {
    super();
    this.#url = `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}${WEBSOCKET_PATH}`;
    this.#room = room;
    this.#agent = agent;
  }

  get unsettled(): number {
    return this.#outbox.length;
  }

  /**
   * Connects, and resolves when the chat has welcomed the client. From then on it reconnects when the connection is lost.
   *
   * @param options.signal - aborts the connecting, with an `AbortError`
   * @throws TsexposeError `ERR_TSEXPOSE_CHAT` if there is no chat, or it rejects the client
   */
  async connect({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (signal?.aborted) throw abortError(signal);
    await new Promise<void>((resolve, reject) => {
      this.once('event', (event) => {
        if (event.type === 'refused') reject(new TsexposeError('ERR_TSEXPOSE_CHAT', event.message));
        else resolve();
      });
      this.#open().once('error', (cause) => reject(unreachable(this.#url, cause)));
      this.on('state', (state) => {
        if (state.name === 'ended') reject(new TsexposeError('ERR_TSEXPOSE_CHAT', state.reason));
      });
      signal?.addEventListener('abort', () => reject(abortError(signal)), { once: true });
    }).catch((error) => {
      this.close();
      throw error;
    });
  }

  say(text: string, ref?: string): string {
    return this.#outbox.add(text, ref);
  }

  send(event: ClientEvent): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (event.type === 'hello') this.#room = event.room;
    this.#socket.send(JSON.stringify(event));
    if (event.type === 'hello' || event.type === 'say' || event.type === 'ping') this.#expectAnswer();
  }

  /** Goes to another room. */
  enter(room: string): void {
    this.send({ type: 'hello', room, since: this.#lastIds.get(room) });
  }

  close(): void {
    this.#ended = true;
    for (const timer of [this.#retry, this.#ping, this.#answer]) clearTimeout(timer);
    this.#outbox.clear();
    this.#socket?.close(1000);
  }

  #open(): WebSocket {
    this.emit('state', { name: 'connecting' });
    const socket = new WebSocket(this.#url, PROTOCOL, {
      agent: this.#agent,
      handshakeTimeout: ANSWER_MS,
      perMessageDeflate: false,
      // The welcome to a full chat is long.
      maxPayload: 4 * 1024 * 1024,
    });
    this.#socket = socket;
    socket.on('open', () => this.enter(this.#room));
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('error', () => {});
    // A server that refuses the upgrade says why in the body.
    socket.on('unexpected-response', async (_, response) => {
      const words = await text(response).catch(() => '');
      socket.emit('error', new Error(words.trim() || `The server answered ${response.statusCode}.`));
      socket.terminate();
    });
    socket.once('close', (code) => {
      if (socket === this.#socket) this.#lost(code);
    });
    return socket;
  }

  #receive(data: string): void {
    clearTimeout(this.#answer);
    this.#answer = undefined;
    const event = parseEvent(data);
    if (!event) {
      this.#socket?.close(1002);
      return;
    }
    if (event.type === 'welcome') {
      this.#welcomed(event.room);
      event.entries = event.entries.filter((entry) => this.#isNew(entry));
    }
    if (!this.#outbox.notice(event) && this.#isNew(event)) this.emit('event', event);
  }

  #welcomed(room: string): void {
    this.#room = room;
    this.#failures = 0;
    this.emit('state', { name: 'open' });
    clearInterval(this.#ping);
    this.#ping = setInterval(() => this.send({ type: 'ping' }), PING_MS);
    this.#outbox.enter(room);
  }

  #isNew(event: ServerEvent): boolean {
    if (event.type === 'removed') this.#lastIds.set(this.#room, event.id);
    if (event.type !== 'message') return true;
    this.#lastIds.set(this.#room, event.id);
    const key = `${event.from.id} ${event.ref}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > 2000) this.#seen.delete(this.#seen.values().next().value!);
    return true;
  }

  #expectAnswer(): void {
    this.#answer ??= setTimeout(() => {
      this.#answer = undefined;
      this.#socket?.terminate();
    }, ANSWER_MS);
  }

  #lost(code: number): void {
    this.#socket = undefined;
    clearTimeout(this.#answer);
    this.#answer = undefined;
    clearInterval(this.#ping);
    this.#outbox.enter(undefined);
    const reason = FINAL[code];
    if (this.#ended || reason) {
      const wanted = this.#ended || code === CLOSE_CODES.quit;
      this.#ended = true;
      this.emit('state', { name: 'ended', reason: reason ?? 'You left the chat.', wanted });
      return;
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    this.emit('state', { name: 'waiting' });
    // After a restart all clients reconnect, but not all at once.
    this.#retry = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
  }
}

function parseEvent(data: string): ServerEvent | undefined {
  try {
    const event = JSON.parse(data);
    return typeof event?.type === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: Error): TsexposeError {
  const { host, hostname } = new URL(url);
  return new TsexposeError('ERR_TSEXPOSE_CHAT', `Could not reach a chat at ${host}.`, {
    suggestions: isIP(hostname) ? [] : [`tsexpose chat --name ${hostname.split('.')[0]}`],
    cause,
  });
}
