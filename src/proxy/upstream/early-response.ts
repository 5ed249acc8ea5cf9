/** Responses that come before the request is complete, on a connection that the target closes with them. */
import type { Socket } from 'node:net';

type Write = (...args: unknown[]) => void;

/**
 * Lets a connection be read to its end after a write has failed. A target that refuses an upload (413) responds and
 * closes while the body is still on its way: the next write fails, and Node.js would throw away the response that has
 * arrived by then. After a failed write a connection always has an end to read, which ends the wait.
 */
export function readAfterFailedWrite(socket: Socket): void {
  const stream = socket as unknown as Record<'_write' | '_writev', Write>;
  for (const name of ['_write', '_writev'] as const) {
    const write = stream[name];
    stream[name] = (...args) => {
      const done = args.pop() as (error?: Error | null) => void;
      write.call(socket, ...args, (error?: NodeJS.ErrnoException | null) => {
        if (!isGone(error) || socket.readableEnded) done(error);
        else socket.once('end', () => done(error));
      });
    };
  }
}

function isGone(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET';
}
