import type { Duplex } from 'node:stream';

/** Longest time that anything is held back, in milliseconds. */
const LONGEST_MS = 60;
/** With fewer readers everything is sent at once. */
const FEW = 50;

/**
 * How long to gather what a room's readers are sent, in milliseconds: not at all in a room of the usual size, 60 in one
 * of 500. There each packet is sent 500 times, which costs more than the messages in it; readers do not notice.
 */
export function gatherTime(readers: number): number {
  return readers <= FEW ? 0 : Math.min(LONGEST_MS, readers / 8);
}

/** Holds sockets back for a moment, so that what is written to one meanwhile leaves in one packet. */
export class Gather {
  readonly #held = new Set<Duplex>();
  #timer: NodeJS.Timeout | undefined;

  /** Holds a socket back until `ms` after the first one. */
  hold(socket: Duplex, ms: number): void {
    if (ms === 0 || this.#held.has(socket)) return;
    this.#held.add(socket);
    socket.cork();
    this.#timer ??= setTimeout(() => this.#release(), ms);
  }

  #release(): void {
    this.#timer = undefined;
    for (const socket of this.#held) socket.uncork();
    this.#held.clear();
  }
}
