/** HTTP/1.1 that is carried between callers and targets outside JavaScript: what that needs to know, and what it asks. */
import type { Identity } from '../../identity/identity.ts';
import type { Payload, Runtime } from '../../native/runtime.ts';

/** What is said about a caller: see `Verdict` in src/native/go/fastpath. */
export interface Verdict {
  /** Whether JavaScript handles the caller's requests. */
  general: boolean;
  /** Tells callers apart. */
  who: string;
  /** Names and values that tell targets about the caller. */
  headers: readonly string[];
}

/**
 * A caller's connections have changed, see `presence` in src/native/go/fastpath. Or a request is over: caller, method, target, status, ms, bytes, error, aborted,
 * route.
 */
export type CarriedEvent =
  | [caller: number, change: number]
  | [number, string, string, number, ms: number, bytes: number, error: string, aborted: boolean, route: number];

/** Decides what is carried, and hears of it. */
export interface Carrier {
  /** Returns the rules: see `Rules` in src/native/go/fastpath. */
  rules(): object;
  /** Returns the verdict on a caller, whose key events have. */
  judge(key: number, identity: Identity): Verdict;
  /** Answers a question about an exchange; undefined for what is only said. */
  answer(question: Payload): Buffer | undefined;
  /** Called with what has happened, and with how many events were dropped because there were too many. */
  report(events: readonly CarriedEvent[], dropped: number): void;
}

/** The connections of one port that are carried outside JavaScript. @internal */
export class Carriage {
  readonly #runtime: Runtime;
  readonly #listener: number;
  readonly #carrier: Carrier;

  constructor(runtime: Runtime, listener: number, carrier: Carrier) {
    this.#runtime = runtime;
    this.#listener = listener;
    this.#carrier = carrier;
    runtime.updates.set(listener, (update) => this.#receive(update));
  }

  /** Passes the rules on again, for all requests from now on. */
  follow(): void {
    this.#tell({ type: 'rules', rules: this.#carrier.rules() });
  }

  /** Ends the connections: each when its response is complete, or after `timeout` milliseconds. */
  async drain(timeout: number): Promise<void> {
    // Closing the node ends them too.
    await this.#runtime
      .call<null>((binding, request) => binding.listenerDrain(this.#listener, request, timeout))
      .catch(() => {});
    this.#runtime.updates.delete(this.#listener);
  }

  #receive(update: Payload): void {
    const { type, number } = update;
    if (type === 'judge') {
      const verdict = this.#carrier.judge(number as number, update.identity as Identity);
      this.#tell({ type: 'verdict', number, verdict });
    } else if (type === 'ask') {
      const bytes = this.#carrier.answer(update.question as Payload)?.toString('base64');
      if (number !== 0) this.#tell({ type: 'answer', number, bytes: bytes ?? '' });
    } else if (type === 'requests') {
      this.#carrier.report(update.events as CarriedEvent[], update.dropped as number);
    }
  }

  #tell(message: object): void {
    this.#runtime.binding.listenerTell(this.#listener, JSON.stringify(message));
  }
}
