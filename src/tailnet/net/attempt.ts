import dns from 'node:dns';
import type net from 'node:net';
import { isIP } from 'node:net';
import { throwUncaught } from '../../errors.ts';
import type { NativeConnection, Runtime } from '../../native/runtime.ts';
import { isOwnAddress } from './ip.ts';
import { errno, systemError } from './system-error.ts';

/** What a socket needs of its node to connect. */
export interface DialingNode {
  runtime: Runtime;
  /** The node's native handle. */
  handle: number;
  ips(): string[];
}

/** Node's own handle of a TCP socket, which has no descriptor before it connects. */
export interface NativeTcp {
  open(fd: number): number;
  close(callback?: () => void): void;
}

/** A connection that is being made, as `net` describes it. */
interface ConnectRequest {
  /** `net` takes it away when it has given up. */
  oncomplete?(error: number, handle: NativeTcp, request: ConnectRequest, readable: boolean, writable: boolean): void;
}

/** What an attempt tells its socket. */
export interface DialingSocket {
  destroy(error: Error): unknown;
  establish(connection: NativeConnection): unknown;
  startReading(): void;
}

/** Where a name leads to. */
export interface NamedTarget {
  host: string;
  port: number;
  family: 0 | 4 | 6;
}

type Dialed = Promise<NativeConnection>;

const OK = 0;

/**
 * One attempt of a `net.Socket` to connect: it has the methods of Node's `TCP` that concern the network, and dials over the
 * tailnet. Everything else, such as checking arguments and trying one address after another, is done by Node itself.
 *
 * Methods return 0 or a negative errno, as libuv's do.
 */
export class Attempt {
  readonly #socket: DialingSocket;
  readonly #node: DialingNode;
  readonly #native: NativeTcp;
  readonly #given = new AbortController();
  /** The connection that a name has led to. */
  #named: Dialed | undefined;
  #bound: { address?: string; port?: number } = {};
  #isClosed = false;

  /** Puts its methods in place of those of Node's handle. */
  constructor(native: NativeTcp, socket: DialingSocket, node: DialingNode) {
    this.#native = native;
    this.#socket = socket;
    this.#node = node;
    const connect = this.connect.bind(this);
    const bind = this.bind.bind(this);
    const nothing = () => OK; // a tailnet connection is not a kernel socket
    Object.assign(native, {
      connect,
      connect6: connect,
      bind,
      bind6: bind,
      setNoDelay: nothing,
      setKeepAlive: nothing,
    });
    native.close = (callback) => {
      delete (native as Partial<NativeTcp>).close;
      this.#isClosed = true;
      this.#given.abort();
      native.close(callback);
    };
  }

  /** Dials a MagicDNS name at once, because only Go knows all of them, and returns the address that it led to. */
  async lookup({ host, port, family }: NamedTarget): Promise<string | undefined> {
    const dialed = this.#dial(family ? `tcp${family}` : 'tcp', host, port);
    try {
      const { remote } = await dialed;
      this.#named = dialed;
      return remote.ip;
    } catch (reason) {
      if (this.#isClosed) return undefined;
      const error = systemError(reason as Error, { syscall: 'connect', address: host, port });
      if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') throw error;
      this.#socket.destroy(error);
      return undefined;
    }
  }

  connect(request: ConnectRequest, ip: string, port: number): number {
    const dialed = this.#named ?? this.#dial('tcp', ip, port);
    dialed
      .then(
        (connection) => {
          if (this.#isClosed) return; // Go has noticed that our end is closed
          this.#socket.establish(connection);
          try {
            request.oncomplete?.(OK, this.#native, request, true, true);
          } catch (error) {
            this.#socket.startReading(); // which Node does not when a listener for 'connect' has thrown
            throw error;
          }
        },
        (reason) => {
          if (this.#isClosed) return;
          const number = errno(reason.code);
          if (number) request.oncomplete?.(number, this.#native, request, false, false);
          else this.#socket.destroy(reason);
        },
      )
      .catch(throwUncaught);
    return OK;
  }

  /** Takes an address of the node. A port cannot be chosen, and is ignored. */
  bind(address: string, port: number): number {
    if (!isOwnAddress(address, this.#node.ips())) return errno('EADDRNOTAVAIL');
    this.#bound = { address, port };
    return OK;
  }

  /** What `net` sees as the local address before there is a connection. */
  get bound(): object {
    return this.#bound;
  }

  #dial(network: string, host: string, port: number): Dialed {
    const { runtime, handle } = this.#node;
    const address = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
    let fd: number | null = null;
    const dialed = runtime.call<NativeConnection>((binding, request) => {
      fd = binding.nodeConnect(handle, request, network, address);
      return fd !== null;
    }, this.#given.signal);
    // Our end of the connection is there before the connection is, and buffers what is written.
    if (fd !== null && fd >= 0) this.#native.open(fd);
    return dialed;
  }
}

/** What a lookup for `net` is made of. */
export interface LookupOptions {
  /** A function of the user's own, in place of MagicDNS. */
  own: net.LookupFunction | undefined;
  magicDns(host: string, family: 0 | 4 | 6): Promise<string | undefined>;
  /** Whether only one address can be tried. */
  takesOne(): boolean;
}

/** Returns a function for `net` to look up names with. */
export function lookupWith({ own, magicDns, takesOne }: LookupOptions): net.LookupFunction {
  return (host, options, callback) => {
    const found = (error: Error | null, ips?: string | dns.LookupAddress[], family?: number) => {
      if (error) return callback(error, '');
      // Functions that know nothing of `all` answer with a single address.
      const all = Array.isArray(ips) ? ips : [{ address: ips!, family: family ?? isIP(ips!) }];
      if (options.all) callback(null, takesOne() ? all.slice(0, 1) : all);
      else callback(null, all[0]!.address, all[0]!.family);
    };
    // A tick later, when TLS may be on top of the socket.
    const foundAtOnce: typeof found = (...answer) => process.nextTick(found, ...answer);
    if (own) return own(host, options, foundAtOnce as Parameters<net.LookupFunction>[2]);
    dns.lookup('127.0.0.1', { hints: options.hints }, () => {}); // which checks them
    magicDns(host, (options.family || 0) as 0 | 4 | 6)
      .then((ip) => ip !== undefined && found(null, ip), found)
      .catch(throwUncaught);
  };
}
