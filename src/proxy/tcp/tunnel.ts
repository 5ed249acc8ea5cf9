/** Two connections joined, after an upgrade: every byte, each half ended on its own, and no error left alone. */
import type { Duplex } from 'node:stream';

/** Joins two streams until both have closed, and calls `done` then. */
export function joinStreams(a: Duplex, b: Duplex, done: () => void): void {
  let open = 2;
  const watch = (one: Duplex, other: Duplex) => {
    one.on('error', () => other.destroy());
    const leave = () => {
      // Closed in the middle of a sentence, its own or the other's: there is nobody left to talk to.
      if (!one.readableEnded || !other.readableEnded) other.destroy();
      open--;
      if (open === 0) done();
    };
    // One that was lost while the other was being opened says so no more.
    if (one.closed) process.nextTick(leave);
    else one.once('close', leave);
    // Ends `other` when `one` ends, and only the half that leads there.
    one.pipe(other);
  };
  watch(a, b);
  watch(b, a);
}
