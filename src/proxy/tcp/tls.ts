/** TLS with callers. Certificates come from outside and can change at any time; connections go on as streams. */
import type { Socket } from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import type { Identity } from '../../identity/identity.ts';

/** A certificate with its key, as PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** Options of a {@link TlsTerminator}. */
export interface TlsOptions {
  /** Protocols to agree on, best first. @default none */
  alpn?: string[];
  /** Time for a handshake, in milliseconds. @default 10_000 */
  handshakeTimeout?: number;
  /** Called with connections that speak no TLS; their first bytes are still to be read. @default they are closed */
  onPlain?: (socket: Socket) => void;
  /** Called with each connection whose handshake is done. */
  onSecure: (socket: TLSSocket) => void;
}

/**
 * Speaks TLS with callers that ask for certain names. Any other name gets an alert at once, so that no made-up name
 * reaches the certificate authority.
 */
export class TlsTerminator {
  readonly #server: tls.Server;
  readonly #names: Set<string>;
  /** Connections with a handshake in progress. */
  readonly #beginning = new Set<Socket>();
  readonly #patience: number;
  readonly #onPlain: ((socket: Socket) => void) | undefined;
  #closed = false;
  #context: SecureContext | undefined;

  constructor({ alpn, handshakeTimeout = 10_000, onPlain, onSecure }: TlsOptions) {
    this.#patience = handshakeTimeout;
    this.#onPlain = onPlain;
    this.#names = new Set();
    this.#server = tls
      .createServer({
        ...(alpn ? { ALPNProtocols: alpn } : {}),
        handshakeTimeout,
        minVersion: 'TLSv1.2',
        SNICallback: (name, done) => {
          // rule: a made-up server name is refused
          // mutate: this.#names.has(name.toLowerCase().replace(/\.$/, '')) => true
          if (this.#names.has('*') || this.#names.has(name.toLowerCase().replace(/\.$/, ''))) done(null, this.#context);
          else done(new Error(`No certificate for ${JSON.stringify(name)}`));
        },
      })
      .on('secureConnection', (socket) => {
        this.#beginning.delete(inherit(socket)!);
        onSecure(socket);
      })
      // Failed handshakes are normal. Node closes the connection itself, but not if one takes too long.
      // rule: a handshake ends in time — mutate: socket.destroy() => {}
      .on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Whether there is a certificate. */
  get ready(): boolean {
    return this.#context !== undefined;
  }

  /**
   * Serves new connections with this certificate; existing ones go on as they are.
   *
   * @param names the server names to answer, `*` for every name; callers that send none are answered too
   */
  use(pair: KeyPair, names: readonly string[]): void {
    this.#context = tls.createSecureContext(pair);
    this.#server.setSecureContext(pair);
    this.#names.clear();
    for (const name of names) this.#names.add(name.toLowerCase());
  }

  /** Takes over a caller's connection, and closes it if there is no certificate. */
  accept(socket: Socket): void {
    // Stays after the handshake: no error may end the process.
    socket.on('error', () => {});
    if (!this.#context || this.#closed) {
      socket.destroy();
      return;
    }
    this.#beginning.add(socket);
    socket.once('close', () => this.#beginning.delete(socket));
    if (this.#onPlain) this.#look(socket, this.#onPlain);
    else this.#server.emit('connection', socket);
  }

  /** Waits for the first byte: that of a TLS handshake is no letter, and that of an HTTP request is one. */
  #look(socket: Socket, onPlain: (socket: Socket) => void): void {
    const timer = setTimeout(() => socket.destroy(), this.#patience).unref();
    const onData = (bytes: Buffer) => {
      settle();
      socket.pause().unshift(bytes);
      if (!isLetter(bytes[0]!)) {
        this.#server.emit('connection', socket);
        return;
      }
      this.#beginning.delete(socket);
      onPlain(socket);
      // What was put back is read like what comes.
      socket.resume();
    };
    const onEnd = () => socket.destroy();
    const settle = () => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onEnd).off('close', settle);
    };
    socket.on('data', onData).on('end', onEnd).on('close', settle);
  }

  /** Ends handshakes in progress and starts no more; connections stay open. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#beginning) socket.destroy();
  }
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

/** Gives a TLS socket the identity of the socket underneath, and returns that; Node has no public way to get it. */
function inherit(socket: TLSSocket & { _parent?: Socket & { identity?: Identity } }): Socket | undefined {
  const parent = socket._parent;
  // rule: a TLS connection learns of changes of the identity
  parent?.on('identity', (identity: Identity) => socket.emit('identity', identity));
  // rule: a TLS connection has the identity of the connection underneath
  Object.defineProperty(socket, 'identity', { get: () => parent?.identity, configurable: true, enumerable: true });
  return parent;
}
