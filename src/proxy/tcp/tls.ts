/** TLS with visitors: certificates come from outside and can change at any time, connections go on as streams. */
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
  /** Protocols to agree on, the best first. @default none */
  alpn?: string[];
  /** Time for a handshake, in milliseconds. @default 10_000 */
  handshakeTimeout?: number;
  /** Gets connections whose handshake is done. */
  onSecure: (socket: TLSSocket) => void;
}

/**
 * Speaks TLS with visitors of certain names. A visitor that asks for another name gets an alert at once: no name that
 * a visitor makes up reaches the certificate authority.
 */
export class TlsTerminator {
  readonly #server: tls.Server;
  readonly #names: Set<string>;
  /** Connections whose handshake is under way. */
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
          if (this.#names.has(name.toLowerCase().replace(/\.$/, ''))) done(null, this.#context);
          else done(new Error(`No certificate for ${JSON.stringify(name)}`));
        },
      })
      .on('secureConnection', (socket) => {
        this.#beginning.delete(inherit(socket)!);
        onSecure(socket);
      })
      // Failed handshakes are everyday life. Node closes the connection itself, but not where one takes too long.
      .on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Whether there is a certificate. */
  get ready(): boolean {
    return this.#context !== undefined;
  }

  /**
   * Serves new connections with this certificate; those that exist go on as they are.
   *
   * @param names the server names to answer; visitors that send none are answered too
   */
  use(pair: KeyPair, names: readonly string[]): void {
    this.#context = tls.createSecureContext(pair);
    this.#server.setSecureContext(pair);
    this.#names.clear();
    for (const name of names) this.#names.add(name.toLowerCase());
  }

  /** Takes over a visitor's connection. Without a certificate there is nothing to say. */
  accept(socket: Socket): void {
    // Stays when the handshake is over: no error may end the process.
    socket.on('error', () => {});
    if (!this.#context || this.#closed) {
      socket.destroy();
      return;
    }
    this.#beginning.add(socket);
    socket.once('close', () => this.#beginning.delete(socket));
    this.#server.emit('connection', socket);
  }

  /** Ends handshakes that are under way, and begins no more; connections live on. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#beginning) socket.destroy();
  }
}

/** A TLS socket is as well known as the one underneath, which is returned: Node offers no public way to it. */
function inherit(socket: TLSSocket & { _parent?: Socket & { identity?: Identity } }): Socket | undefined {
  const parent = socket._parent;
  parent?.on('identity', (identity: Identity) => socket.emit('identity', identity));
  Object.defineProperty(socket, 'identity', { get: () => parent?.identity, configurable: true, enumerable: true });
  return parent;
}
