import type { Duplex } from 'node:stream';

/** Longest time that anything is held back, in milliseconds. */
const LONGEST_MS = 60;
/** With fewer readers everything is sent at once. */
const FEW = 50;

/**
 * How often a room's readers are sent something at most, in milliseconds: no limit in a room of the usual size, 60 in one
 * of 500. There each packet is sent 500 times, which costs more than the messages in it; readers do not notice.
 */
export function gatherTime(readers: number): number {
  return readers <= FEW ? 0 : Math.min(LONGEST_MS, readers / 8);
}

/**
 * Sends what a socket is given at once, unless it was given something a moment ago: what follows is held back until the
 * moment is over, and leaves in one packet.
 */
export class Gather {
  readonly #held = new Set<Duplex>();
  readonly #sentAt = new WeakMap<Duplex, number>();
  #timer: NodeJS.Timeout | undefined;

  /** To be called before each write; `ms` is the moment that the readers of the socket may be made to wait. */
  hold(socket: Duplex, ms: number): void {
    if (ms === 0 || this.#held.has(socket)) return;
    const now = performance.now();
    const wait = (this.#sentAt.get(socket) ?? -ms) + ms - now;
    if (wait <= 0) {
      this.#sentAt.set(socket, now);
      return;
    }
    this.#held.add(socket);
    socket.cork();
    this.#timer ??= setTimeout(() => this.#release(), wait);
  }

  #release(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const socket of this.#held) {
      this.#sentAt.set(socket, now);
      socket.uncork();
    }
    this.#held.clear();
  }
}
