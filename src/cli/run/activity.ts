import type { NodeActivity } from '../../control-socket/server.ts';
import type { ExposeEvent } from '../../events.ts';

const MINUTE_S = 60;
const RECENT_S = 5 * MINUTE_S;
/** Most callers that are remembered. */
const MOST_CALLERS = 100;

/** Counts the requests of an exposure. */
export class Activity {
  readonly #now: () => number;
  readonly #perSecond = new Array<number>(MINUTE_S).fill(0);
  /** When each was last there, in seconds; the latest last. */
  readonly #callers = new Map<string, number>();
  #second = 0;
  #connections = 0;
  #requests = 0;
  #failed = 0;

  /** @param now Returns a time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  observe(event: ExposeEvent): void {
    if (event.event !== 'request' && event.event !== 'connection') return;
    this.#advance();
    if (event.event === 'connection') this.#connections++;
    else {
      this.#requests++;
      this.#perSecond[this.#second % MINUTE_S]!++;
      if (event.status >= 500 || event.status === 0) this.#failed++;
    }
    const { who } = event.caller;
    this.#callers.delete(who);
    this.#callers.set(who, this.#second);
    if (this.#callers.size > MOST_CALLERS) this.#callers.delete(this.#callers.keys().next().value!);
  }

  get summary(): NodeActivity {
    this.#advance();
    const recent = [...this.#callers].filter(([, at]) => this.#second - at < RECENT_S).map(([who]) => who);
    return {
      connections: this.#connections,
      requests: this.#requests,
      failed: this.#failed,
      lastMinute: this.#perSecond.reduce((sum, count) => sum + count, 0),
      callers: recent.reverse(),
    };
  }

  /** Empties the seconds that have passed since the last call. */
  #advance(): void {
    const second = Math.floor(this.#now() / 1000);
    const passed = Math.min(second - this.#second, MINUTE_S);
    for (let past = 0; past < passed; past++) this.#perSecond[(second - past) % MINUTE_S] = 0;
    this.#second = second;
  }
}
