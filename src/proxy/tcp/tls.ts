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
  #closed = false;
  #context: SecureContext | undefined;

  constructor({ alpn, handshakeTimeout = 10_000, onSecure }: TlsOptions) {
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
    this.#server.emit('connection', socket);
  }

  /** Ends handshakes in progress and starts no more; connections stay open. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#beginning) socket.destroy();
  }
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
