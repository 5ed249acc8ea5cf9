// The WebSocket to the chat: comes back by itself, loses nothing that was written and doubles nothing.

const PROTOCOL = 'tsexpose.chat.v1';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PING_MS = 25_000;
const ANSWER_MS = 10_000;

/** Close codes after which coming back by itself would be wrong. */
const FINAL = {
  1000: 'You have left the chat.',
  4001: 'You are not, or no longer, known on this tailnet.',
};

/**
 * `onEvent(event)` gets the chat's events; `onState(state)` gets `{name, …}` with the names `connecting`, `open`,
 * `waiting` (with `until`, epoch milliseconds) and `ended` (with `reason`).
 */
export class Connection {
  #onEvent;
  #onState;
  #socket;
  #wanted;
  #room;
  #lastIds = new Map();
  // What the chat has yet to acknowledge, in order. One at a time is on its way: order is kept even where it refuses.
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
      // A machine that slept has a connection that only seems to be one.
      if (this.open) this.#sendPing();
      else this.retryNow();
    });
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Goes to a room, at once or as soon as there is a connection. */
  enter(room) {
    this.#wanted = room;
    this.#ended = false;
    if (this.open) this.#hello();
    else this.retryNow();
  }

  /** Sends something to be said; it is sent again after a reconnection until the chat has acknowledged it. */
  say(text) {
    const ref = randomRef();
    this.#outbox.push({ ref, text, room: this.#room });
    this.#pump();
    return ref;
  }

  /** Sends an event that may be lost. */
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

  /** Returns whether the refusal has been dealt with. */
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
    // What was on its way may have arrived; the chat tells by the ref.
    this.#pump(true);
  }

  #answered(ref) {
    this.#outbox = this.#outbox.filter((said) => said.ref !== ref);
    if (this.#sending === ref) this.#pump(true);
  }

  /** Sends the first of what waits for this room; `again` also where it has been sent before. */
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
      // A closing handshake over a dead connection would take minutes.
      this.#lost(1006);
      socket.close();
    }, ANSWER_MS);
  }

  #lost(code) {
    this.#socket = undefined;
    // Nothing is sent before the next welcome.
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
    // Everybody comes back after a restart; not all in the same instant.
    const wait = longest * (0.5 + Math.random() / 2);
    this.#onState({ name: 'waiting', until: Date.now() + wait });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }
}

/** crypto.randomUUID needs a secure context, which plain HTTP on a tailnet is not to a browser. */
function randomRef() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
