/** How many streams of HTTP/2 callers are forwarded at once: each costs a connection to the target, and so a descriptor. */
import { networkOf } from '../../access/funnel-auth.ts';
import type { Identity } from '../../identity/identity.ts';

/** How many connections there can be in all, and how many of them one caller can have. */
export interface Capacity {
  total: number;
  each: number;
}

/** Streams that a caller has until nothing is left at all, as with connections (`capacity.go`). */
const FEW = 4;

interface Share {
  open: number;
  waiting: (() => void)[];
}

/**
 * Shares the connections to targets among callers. A stream beyond a caller's share waits for one of the caller's own to
 * end, so that a caller can hold up only itself.
 */
export class StreamShares {
  #capacity: Capacity = { total: Number.POSITIVE_INFINITY, each: Number.POSITIVE_INFINITY };
  #open = 0;
  readonly #shares = new Map<string, Share>();

  /** Sets what there is to share. */
  limit(capacity: Capacity): void {
    this.#capacity = capacity;
  }

  /**
   * Calls `start` as soon as there is a connection for a caller.
   *
   * @returns what to call, once, when the stream has ended, whether or not it has started
   */
  enter(identity: Identity, start: () => void): () => void {
    const caller = callerOf(identity);
    const share = this.#shares.get(caller) ?? { open: 0, waiting: [] };
    this.#shares.set(caller, share);
    let started = false;
    const run = () => {
      started = true;
      share.open += 1;
      this.#open += 1;
      start();
    };
    if (this.#has(share)) run();
    else share.waiting.push(run);
    return () => {
      if (started) {
        share.open -= 1;
        this.#open -= 1;
        this.#admitWaiting();
      } else {
        share.waiting.splice(share.waiting.indexOf(run), 1);
      }
      if (share.open === 0 && share.waiting.length === 0) this.#shares.delete(caller);
    };
  }

  #has({ open }: Share): boolean {
    const { total, each } = this.#capacity;
    const isScarce = this.#open >= total - Math.floor(total / 4);
    // rule: streams do not take every descriptor — mutate: open < each && this.#open < total && => true ||
    // rule: streams of one caller leave room for others — mutate: open < each => true
    // rule: every caller gets a few streams — mutate: !(isScarce && open >= FEW) => true
    return open < each && this.#open < total && !(isScarce && open >= FEW);
  }

  #admitWaiting(): void {
    for (const share of this.#shares.values()) {
      while (share.waiting.length > 0 && this.#has(share)) share.waiting.shift()!();
    }
  }
}

function callerOf({ node, ip }: Identity): string {
  return node?.id ?? networkOf(ip);
}
