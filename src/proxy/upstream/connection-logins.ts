/**
 * Apps that log in connections rather than requests: with NTLM, and with Negotiate where it falls back to NTLM, whatever
 * comes next on the connection counts as from the same person. Such a connection belongs to one connection of one caller.
 */
import type { Socket } from 'node:net';
import { type Identity, isSameCaller } from '../../identity/identity.ts';
import type { UpstreamPool } from './pool.ts';

/** A connection of a caller, and who is at the other end of it for now. */
export interface CallerConnection {
  socket: Socket;
  identity: Identity;
}

interface Owned {
  pool: UpstreamPool;
  identity: Identity;
}

const SCHEMES = '(ntlm|negotiate|kerberos|nego2|credssp)';
const LOGIN = new RegExp(`^\\s*${SCHEMES}(\\s|$)`, 'i');
// One header may offer several schemes.
const CHALLENGE = new RegExp(`(^|,)\\s*${SCHEMES}\\s*(\\s|,|$)`, 'i');

/** The upstream connections that belong to one connection of a caller each. */
export class ConnectionLogins {
  readonly #open: () => UpstreamPool;
  readonly #owned = new Map<Socket, Owned>();
  /** Whether the app has ever asked for such a login. */
  #asked = false;

  /** @param open opens a pool for one connection of a caller */
  constructor(open: () => UpstreamPool) {
    this.#open = open;
  }

  /** Returns the pool for a request if its connection has one of its own or needs one now. */
  poolFor(connection: CallerConnection, headers: readonly string[]): UpstreamPool | undefined {
    const { socket, identity } = connection;
    const owned = this.#owned.get(socket);
    // rule: a login on a connection ends when the connection's caller changes — mutate: isSameCaller(owned.identity, identity) => true
    if (owned && isSameCaller(owned.identity, identity)) return owned.pool;
    if (owned) void owned.pool.destroy();
    // rule: a connection that a caller logs in on is that caller's alone
    // rule: an app that logs in connections gets one for each caller's connection — mutate: this.#asked || => false ||
    if (owned || this.#asked || isLogin(headers)) return this.#own(connection, owned !== undefined);
    return undefined;
  }

  /** Notes how the app asks for a login. */
  onChallenge(raw: readonly (Buffer | string)[]): void {
    for (let i = 0; i < raw.length && !this.#asked; i += 2) {
      if (raw[i]!.length !== 'www-authenticate'.length) continue;
      this.#asked = /^www-authenticate$/i.test(String(raw[i])) && CHALLENGE.test(String(raw[i + 1]));
    }
  }

  /** Ends all of these connections; requests in progress fail. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#owned.values()].map(({ pool }) => pool.destroy()));
  }

  #own({ socket, identity }: CallerConnection, isKnown: boolean): UpstreamPool {
    const pool = this.#open();
    this.#owned.set(socket, { pool, identity });
    if (!isKnown) socket.once('close', () => this.#release(socket));
    return pool;
  }

  #release(socket: Socket): void {
    const owned = this.#owned.get(socket);
    this.#owned.delete(socket);
    // The requests that the caller has left end first, as such.
    setImmediate(() => void owned?.pool.destroy());
  }
}

function isLogin(headers: readonly string[]): boolean {
  return headers.some((value, i) => i % 2 === 1 && LOGIN.test(value) && /^authorization$/i.test(headers[i - 1]!));
}
