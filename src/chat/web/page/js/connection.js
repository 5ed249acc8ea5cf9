// The WebSocket to the chat: it reconnects by itself, and neither loses nor repeats a message.

const PROTOCOL = 'tsexpose.chat.v1';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PING_MS = 25_000;
const ANSWER_MS = 10_000;

/** Close codes after which the page does not reconnect by itself. */
const FINAL = {
  1000: 'You left the chat.',
  4001: 'This tailnet does not recognize you.',
};

/**
 * `onEvent(event)` gets the chat's events; `onState(state)` gets `{name, …}` with a name of `connecting`, `open`,
 * `waiting` (with `until`, epoch milliseconds), or `ended` (with `reason`).
 */
export class Connection {
  #onEvent;
  #onState;
  #socket;
  #wanted;
  #room;
  #lastIds = new Map();
  // Messages without an acknowledgment, in order. One at a time is in flight, so that a refusal does not change the order.
  #outbox = [];
  #sending = '';
  #failures = 0;
  #retry;
  #ping;
  #answer;
  #ended = false;

  constructor({ onEvent, onState }) {
    this.#onEvent = onEvent;
    this.#onState = onState;
    for (const event of ['online', 'pageshow']) addEventListener(event, () => this.retryNow());
    addEventListener('pagehide', () => this.#socket?.close());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return;
      // After sleep, a connection may only look open.
      if (this.open) this.#sendPing();
      else this.retryNow();
    });
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Goes to a room, as soon as there is a connection. */
  enter(room) {
    this.#wanted = room;
    this.#ended = false;
    if (this.open) this.#hello();
    else this.retryNow();
  }

  /** Sends a message, and again after each reconnection until the chat acknowledges it. Returns its `ref`. */
  say(text) {
    const ref = randomRef();
    this.#outbox.push({ ref, text, room: this.#room });
    this.#pump();
    return ref;
  }

  /** Sends an event, which is lost without a connection. */
  send(event) {
    if (this.open) this.#socket.send(JSON.stringify(event));
  }

  retryNow() {
    if (this.#ended || this.#wanted === undefined || this.#socket?.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #connect() {
    this.#onState({ name: 'connecting' });
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/-/ws`, PROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#hello();
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lost(code);
    };
    this.#expectAnswer();
  }

  #hello() {
    this.send({ type: 'hello', room: this.#wanted, since: this.#lastIds.get(this.#wanted), rooms: true });
  }

  #receive(event) {
    clearTimeout(this.#answer);
    this.#answer = undefined;
    if (event.type === 'welcome') this.#welcomed(event);
    for (const entry of event.entries ?? [event]) this.#remember(entry);
    if (event.type === 'ack') this.#answered(event.ref);
    if (event.type === 'refused' && this.#refused(event)) return;
    this.#onEvent(event);
  }

  /** Returns whether the refusal needs no further handling. */
  #refused({ ref, retryAfter }) {
    if (ref === undefined) this.#wanted = this.#room ?? this.#wanted;
    else if (retryAfter !== undefined) setTimeout(() => this.#pump(true), retryAfter);
    else this.#answered(ref);
    return ref !== undefined && retryAfter !== undefined;
  }

  #remember(entry) {
    if (entry.type === 'message' || entry.type === 'removed') this.#lastIds.set(this.#room, entry.id);
  }

  #welcomed({ room }) {
    this.#room = room;
    this.#wanted = room;
    this.#failures = 0;
    this.#onState({ name: 'open' });
    clearInterval(this.#ping);
    this.#ping = setInterval(() => this.#sendPing(), PING_MS);
    // The message in flight may have arrived; the chat recognizes it by its ref.
    this.#pump(true);
  }

  #answered(ref) {
    this.#outbox = this.#outbox.filter((said) => said.ref !== ref);
    if (this.#sending === ref) this.#pump(true);
  }

  /** Sends the first message for this room; with `again`, even if it was sent before. */
  #pump(again = false) {
    const first = this.#outbox.find(({ room }) => room === this.#room);
    if (again) this.#sending = undefined;
    if (!first || !this.open || this.#sending !== undefined) return;
    this.#sending = first.ref;
    this.send({ type: 'say', ref: first.ref, text: first.text });
    this.#expectAnswer();
  }

  #sendPing() {
    this.send({ type: 'ping' });
    this.#expectAnswer();
  }

  #expectAnswer() {
    this.#answer ??= setTimeout(() => {
      this.#answer = undefined;
      const socket = this.#socket;
      // A closing handshake on a dead connection would take minutes.
      this.#lost(1006);
      socket.close();
    }, ANSWER_MS);
  }

  #lost(code) {
    this.#socket = undefined;
    // Nothing is sent until the next welcome.
    this.#sending = '';
    clearTimeout(this.#answer);
    this.#answer = undefined;
    clearInterval(this.#ping);
    if (FINAL[code]) {
      this.#ended = true;
      this.#onState({ name: 'ended', reason: FINAL[code] });
      return;
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    // After a restart all clients reconnect, but not all at once.
    const wait = longest * (0.5 + Math.random() / 2);
    this.#onState({ name: 'waiting', until: Date.now() + wait });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }
}

/** crypto.randomUUID requires a secure context, which to a browser plain HTTP on a tailnet is not. */
function randomRef() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
