/** Limits for what one HTTP/2 connection may cost. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream, type ServerOptions } from 'node:http2';
import type { Socket } from 'node:net';
import { TokenBucket } from '../../token-bucket.ts';
import { MAX_HEAD, MAX_HEADERS } from '../request/framing.ts';
import { MAX_RESPONSE_HEAD } from '../response/head.ts';

/** The headers, the pseudo-headers, and a few to say that there are too many. */
const MAX_PAIRS = MAX_HEADERS + 8;

const STREAM_WINDOW = 256 * 1024;

/** What a connection may ask for, enforced by Node. */
export const H2_LIMITS: ServerOptions = {
  settings: {
    // rule: the streams of a connection are bounded
    maxConcurrentStreams: 128,
    // HTTP/2 counts 32 bytes more for each header (RFC 9113 §6.5.2).
    maxHeaderListSize: MAX_HEAD + 32 * MAX_PAIRS,
    // rule: the window of a stream is bounded — mutate: STREAM_WINDOW => 2 ** 31 - 1
    initialWindowSize: STREAM_WINDOW,
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
export function guardResets(session: ServerHttp2Session, socket: Socket): void {
  const resets = new TokenBucket(RESETS);
  session.on('stream', (stream: ServerHttp2Stream) => {
    stream.once('aborted', () => {
      // rule: streams are not reset without end (rapid reset)
      if (!resets.take()) calmDown(session, socket, 'The connection resets too many requests.');
    });
  });
}

/** How many bytes of frames that carry nothing a connection may send, at once and per second. */
const OVERHEAD = { burst: 1 << 20, perSecond: 64 * 1024 };
/** How often that is looked at, in milliseconds. */
const INTERVAL = 500;

/**
 * Ends a connection whose frames carry nothing: WINDOW_UPDATE, PRIORITY, PING, empty DATA and unknown ones. Node shows
 * only some of them, so it counts what is read without being of use. Frames that belong to a transfer in either
 * direction are paid for by it: the head of a DATA frame, a WINDOW_UPDATE for what has been sent, and what the caller of
 * a stream that was closed early still had on its way.
 */
export function guardFrames(session: ServerHttp2Session, socket: Socket): void {
  let useful = 0;
  session.on('stream', (stream: ServerHttp2Stream) => {
    useful += STREAM_WINDOW;
    const push = stream.push.bind(stream);
    stream.push = (chunk, encoding) => {
      // Messages can be smaller than the frames around them.
      useful += 4 * ((chunk as Buffer | null)?.length ?? 0);
      return push(chunk, encoding);
    };
  });
  let before = 0;
  let level = 0;
  const timer = setInterval(() => {
    // A response to each PING and SETTINGS is as long as the frame itself, so it must not pay for it.
    const total = socket.bytesRead - useful - socket.bytesWritten / 2;
    level = Math.max(0, level + total - before - (OVERHEAD.perSecond * INTERVAL) / 1000);
    before = total;
    // rule: frames that carry nothing are bounded (WINDOW_UPDATE, PRIORITY and PING floods)
    if (level > OVERHEAD.burst) calmDown(session, socket, 'The connection sends too many frames that carry nothing.');
  }, INTERVAL).unref();
  session.once('close', () => clearInterval(timer));
}

/** How long a caller has to read why its connection ends, in milliseconds. */
const FAREWELL = 1000;
/** The code of the error of a session that was ended for what it costs. */
export const CALM_DOWN = 'ENHANCE_YOUR_CALM';

function calmDown(session: ServerHttp2Session, socket: Socket, reason: string): void {
  if (session.destroyed) return;
  // Without an error, Node would send NO_ERROR whatever the code.
  session.destroy(Object.assign(new Error(reason), { code: CALM_DOWN }), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  // A caller that goes on writing and never reads would keep the connection.
  setTimeout(() => socket.destroy(), FAREWELL).unref();
}
