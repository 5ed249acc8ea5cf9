/** An HTTP/2 connection to a target, with the calls on it and those that wait for it. */
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { undici } from '../../undici.ts';
import { MAX_HEAD } from '../request/framing.ts';
import { MAX_RESPONSE_HEAD } from '../response/head.ts';
import type { H2Call, H2Carrier } from './h2-call.ts';

/** Options of an {@link H2Connection}. */
export interface H2ConnectionOptions {
  /** Opens the connection underneath. */
  open: () => Socket;
  /** Milliseconds that the target has to send its settings, or to respond to a ping; 0 for no limit. */
  patience: number;
  /** Gets calls that this connection cannot carry. */
  onReturn: (call: H2Call) => void;
  /** Called when it is closed. */
  onClose: () => void;
}

// For each stream: what the caller has not read yet.
const WINDOW = 256 * 1024;
const IDLE_MS = 60_000;
/** RFC 9113 §6.5.2 recommends no smaller limit; the target's own is known once it has sent its settings. */
const ASSUMED_STREAMS = 100;

/** Carries calls. */
export class H2Connection implements H2Carrier {
  readonly session: ClientHttp2Session;
  reused = false;

  readonly #options: H2ConnectionOptions;
  readonly #active = new Set<H2Call>();
  #waiting: H2Call[] = [];
  #limit = ASSUMED_STREAMS;
  #ready = false;
  #pinging = false;
  #error: Error | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(options: H2ConnectionOptions) {
    this.#options = options;
    this.session = connect('http://localhost', {
      createConnection: () => options.open().setKeepAlive(true, IDLE_MS) as Socket,
      settings: { enablePush: false, initialWindowSize: WINDOW, maxHeaderListSize: MAX_RESPONSE_HEAD },
      // This is the user's own app; Node's limit of 10 MB is meant for strangers.
      maxSessionMemory: 256,
      maxHeaderListPairs: 8192,
      // Node's 64 KiB are less than callers may send.
      maxSendHeaderBlockLength: 2 * MAX_HEAD,
    });
    if (options.patience > 0) {
      this.#patience = setTimeout(
        () => this.session.destroy(new (undici().errors.ConnectTimeoutError)()),
        options.patience,
      );
    }
    this.session
      .on('remoteSettings', ({ maxConcurrentStreams }) => this.#onSettings(maxConcurrentStreams))
      .on('error', (error) => {
        this.#error = error;
      })
      .once('close', () => this.#onClose());
    this.session.setTimeout(IDLE_MS, () => {
      if (this.load === 0) this.session.close();
    });
  }

  /** How many calls it has. */
  get load(): number {
    return this.#active.size + this.#waiting.length;
  }

  /** Whether it takes calls at all, which it does not after a GOAWAY. */
  get open(): boolean {
    return !this.session.closed && !this.session.destroyed;
  }

  /** Whether it can send another call right now. */
  get hasRoom(): boolean {
    return this.open && this.load < this.#limit;
  }

  /** Sends a call, at once or as soon as the target has sent its settings. */
  add(call: H2Call): void {
    if (!this.#ready) this.#waiting.push(call);
    else if (!call.ended) this.#start(call);
  }

  destroy(): void {
    this.session.destroy(new (undici().errors.ClientDestroyedError)(), constants.NGHTTP2_NO_ERROR);
  }

  onAnswer(): void {
    this.reused = true;
  }

  onEnd(call: H2Call, refused: boolean): void {
    this.#active.delete(call);
    if (refused) this.#options.onReturn(call);
  }

  /** Pings once, since many servers count pings. A connection whose other end is gone must not take further calls. */
  onSilence(): void {
    if (this.session.destroyed || this.#pinging) return;
    this.#pinging = true;
    const { patience } = this.#options;
    const timer = patience > 0 ? setTimeout(() => this.session.destroy(), patience).unref() : undefined;
    this.session.ping(() => {
      clearTimeout(timer);
      this.#pinging = false;
    });
  }

  #start(call: H2Call): void {
    this.#active.add(call);
    try {
      call.start(this);
    } catch (error) {
      this.#active.delete(call);
      call.fail(error as Error);
    }
  }

  #onSettings(limit = Number.POSITIVE_INFINITY): void {
    // If the target takes none for now, nghttp2 queues the calls.
    this.#limit = Math.max(1, limit);
    if (this.#ready) return;
    this.#ready = true;
    clearTimeout(this.#patience);
    for (const call of this.#waiting.splice(0)) {
      if (call.ended) continue;
      if (this.#active.size < this.#limit) this.#start(call);
      else this.#options.onReturn(call);
    }
  }

  #onClose(): void {
    clearTimeout(this.#patience);
    this.#options.onClose();
    const error = this.#error ?? Object.assign(new Error('no HTTP/2'), { code: 'ERR_HTTP2_NO_SETTINGS' });
    for (const call of this.#waiting.splice(0)) call.fail(error);
  }
}
