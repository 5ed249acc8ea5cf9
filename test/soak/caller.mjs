// A caller: doors that lead to the exposure as somebody, and everything that somebody does there at the same time.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { aborts, events, request, tcp, upload, webSocket } from './exchanges.mjs';
import { NAME, TCP_PORT } from './exposure.mjs';
import { Outcomes } from './outcomes.mjs';

/** Failed dials in a row that are worth a look. */
const SUSPICIOUS = 3;
/** A stream that does not stay for the whole time. */
const SHORT_MS = 3000;

export class Caller {
  outcomes = new Outcomes();
  #doors;
  #excuses;
  #signal;
  #onTrouble;
  #failedDials = 0;

  /**
   * @param id who calls, for the sandbox
   * @param who the caller, as the app sees it
   * @param options `excuses`, a `signal` that ends the calls, and `onTrouble`, called when dials fail in a row
   */
  constructor(id, who, { excuses, signal, onTrouble }) {
    this.id = id;
    this.who = who;
    this.#excuses = excuses;
    this.#signal = signal;
    this.#onTrouble = onTrouble;
  }

  /** Opens the doors. */
  async open(sandbox) {
    const web = await sandbox.door(this.id, `${NAME}:80`);
    this.#doors = { web, bytes: await sandbox.door(this.id, `${NAME}:${TCP_PORT}`) };
  }

  /** Calls until the signal; resolves when the last exchange is done. */
  async run() {
    const { web, bytes } = this.#doors;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let turn = 0;
    await Promise.all([
      this.#repeat('GET', 100, () => request(web, this.who, { agent })),
      this.#repeat('GET anew', 150, () => request(web, this.who)),
      this.#repeat('upload', 500, () => upload(web, this.who)),
      this.#repeat('abort', 300, () => aborts[turn++ % aborts.length](this.#doors, this.who)),
      this.#stream('SSE', 0, () => events(web, this.who)),
      this.#stream('SSE', SHORT_MS, () => events(web, this.who)),
      this.#stream('WebSocket', 0, () => webSocket(web, this.who)),
      this.#stream('WebSocket', SHORT_MS, () => webSocket(web, this.who)),
      this.#stream('TCP', 0, () => tcp(bytes, this.who)),
      this.#stream('TCP', SHORT_MS, () => tcp(bytes, this.who)),
    ]);
    agent.destroy();
  }

  /** One request by a new device of this caller. */
  join(door) {
    return this.#attempt('new device', () => request(door, this.who));
  }

  async #repeat(kind, pause, exchange) {
    while (!this.#signal.aborted) {
      await this.#attempt(kind, exchange);
      await delay(pause);
    }
  }

  async #attempt(kind, exchange) {
    const began = performance.now();
    try {
      await exchange();
      this.outcomes.succeed(kind, performance.now() - began);
      if (kind === 'GET anew') this.#failedDials = 0;
    } catch (error) {
      this.#fail(kind, error, began);
    }
  }

  /** Opens a stream again and again, and counts what comes. One of 0 ms is only given up when it breaks. */
  async #stream(kind, ms, open) {
    while (!this.#signal.aborted) {
      const until = ms > 0 ? performance.now() + ms : Number.POSITIVE_INFINITY;
      let last = performance.now();
      try {
        for await (const _ of open()) {
          this.outcomes.succeed(kind, performance.now() - last);
          last = performance.now();
          if (this.#signal.aborted || last > until) break;
          if (kind !== 'SSE') await delay(250);
          last = performance.now();
        }
      } catch (error) {
        this.#fail(kind, error, last);
        await delay(100);
      }
    }
  }

  #fail(kind, error, began) {
    const now = performance.now();
    if (this.#excuses.cover(now)) return this.outcomes.excuse();
    this.outcomes.fail(kind, error, now - began);
    if (kind !== 'GET anew') return;
    this.#failedDials += 1;
    if (this.#failedDials % SUSPICIOUS === 0) this.#onTrouble(this, error);
  }
}
