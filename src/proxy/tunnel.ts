/** Joins two connections: every byte arrives, each half ends on its own, and an error ends both. */
import type { Duplex } from 'node:stream';

/** Joins two streams, and calls `done` when both have closed. */
export function joinStreams(a: Duplex, b: Duplex, done: () => void): void {
  let open = 2;
  const watch = (one: Duplex, other: Duplex) => {
    one.on('error', () => other.destroy());
    const leave = () => {
      // It closed before both had ended, so there is no one left to send to.
      if (!one.readableEnded || !other.readableEnded) other.destroy();
      open--;
      if (open === 0) done();
    };
    // A stream that was lost while the other was being opened does not emit close any more.
    if (one.closed) process.nextTick(leave);
    else one.once('close', leave);
    // Ends the writable half of `other` when `one` ends.
    one.pipe(other);
  };
  watch(a, b);
  watch(b, a);
}
