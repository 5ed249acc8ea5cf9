import type { Duplex } from 'node:stream';

/** Longest time that data is held back, in milliseconds. */
const LONGEST_MS = 60;
/** Up to this many readers, everything is sent at once. */
const FEW = 50;

/**
 * Returns how long a room's readers may wait for the next packet, in milliseconds: 0 in a room of the usual size, 60 in
 * one of 500. There each packet is sent 500 times, which costs more than the messages in it, and readers do not notice.
 */
export function gatherTime(readers: number): number {
  return readers <= FEW ? 0 : Math.min(LONGEST_MS, readers / 8);
}

/**
 * Coalesces writes to sockets: the first write leaves at once, and those that follow within a given time leave together
 * in one packet.
 */
export class Gather {
  readonly #held = new Set<Duplex>();
  readonly #sentAt = new WeakMap<Duplex, number>();
  #timer: NodeJS.Timeout | undefined;

  /** Must be called before each write; `ms` is how long the reader of the socket may wait. */
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
