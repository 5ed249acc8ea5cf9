/** Bounds for what one HTTP/2 connection may cost. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream, type ServerOptions } from 'node:http2';

/** What a connection may ask for, as Node enforces it. */
export const H2_LIMITS: ServerOptions = {
  settings: {
    maxConcurrentStreams: 128,
    maxHeaderListSize: 32 * 1024,
    initialWindowSize: 256 * 1024,
    enablePush: false,
  },
  // In megabytes; headers, windows and queued frames of one connection together.
  maxSessionMemory: 8,
  // Node's 128 would refuse what framing.ts allows; one for each header and the pseudo-headers.
  maxHeaderListPairs: 264,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 10,
  maxSettings: 32,
};

// A browser that leaves a page resets every stream of it at once; an attacker resets without end.
const BURST = 256;
const PER_SECOND = 32;

/**
 * Ends a connection that resets streams faster than any client that means well (CVE-2023-44487): every reset has cost
 * the service a request already. The allowance refills with time.
 */
export function guardResets(session: ServerHttp2Session, now = () => performance.now()): void {
  let allowance = BURST;
  let at = now();
  session.on('stream', (stream: ServerHttp2Stream) => {
    stream.once('aborted', () => {
      const time = now();
      allowance = Math.min(BURST, allowance + ((time - at) / 1000) * PER_SECOND) - 1;
      at = time;
      if (allowance < 0 && !session.destroyed) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
  });
}
