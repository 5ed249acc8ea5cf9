/** Limits for what one HTTP/2 connection may cost. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream, type ServerOptions } from 'node:http2';
import { TokenBucket } from '../../token-bucket.ts';
import { MAX_HEAD, MAX_HEADERS } from '../request/framing.ts';
import { MAX_RESPONSE_HEAD } from '../response/head.ts';

/** The headers, the pseudo-headers, and a few to say that there are too many. */
const MAX_PAIRS = MAX_HEADERS + 8;

/** What a connection may ask for, enforced by Node. */
export const H2_LIMITS: ServerOptions = {
  settings: {
    // rule: the streams of a connection are bounded
    maxConcurrentStreams: 128,
    // HTTP/2 counts 32 bytes more for each header (RFC 9113 §6.5.2).
    maxHeaderListSize: MAX_HEAD + 32 * MAX_PAIRS,
    // rule: the window of a stream is bounded — mutate: 256 * 1024 => 2 ** 31 - 1
    initialWindowSize: 256 * 1024,
    enablePush: false,
  },
  // In megabytes: headers, windows and queued frames of one connection together.
  maxSessionMemory: 8,
  // Node's 128 would refuse what framing.ts allows.
  // rule: a request by HTTP/2 may have as many headers as by HTTP/1.1
  maxHeaderListPairs: MAX_PAIRS,
  // Node's 64 KiB are for requests; a target may respond with more.
  maxSendHeaderBlockLength: MAX_RESPONSE_HEAD,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 10,
  maxSettings: 32,
};

// A browser that leaves a page resets all of its streams at once; an attacker never stops.
const RESETS = { burst: 256, perSecond: 32 };

/**
 * Ends a connection that resets streams faster than any honest client (CVE-2023-44487): every reset has cost the target
 * a request already.
 */
export function guardResets(session: ServerHttp2Session): void {
  const resets = new TokenBucket(RESETS);
  session.on('stream', (stream: ServerHttp2Stream) => {
    stream.once('aborted', () => {
      // rule: streams are not reset without end (rapid reset)
      if (!resets.take() && !session.destroyed) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
  });
}
