import type { Socket } from 'node:net';
import type { Destination } from './local-port.ts';

const VERSION = 5;
const CONNECT = 1;
const REPLY = { done: 0, failed: 1, unreachable: 4, refused: 5, unsupportedCommand: 7, unsupportedAddress: 8 } as const;
const FAILURES: Record<string, number> = {
  ECONNREFUSED: REPLY.refused,
  EHOSTUNREACH: REPLY.unreachable,
  ENOTFOUND: REPLY.unreachable,
};

/** The destination that a SOCKS5 client asks for (RFC 1928): CONNECT to a name or an address, without a password. */
export const socksDestination: Destination = async (socket) => {
  const reader = new Reader(socket);
  const [version, count = 0] = await reader.take(2);
  if (version !== VERSION) throw new Error('Expected a SOCKS5 client');
  await reader.take(count);
  socket.write(Buffer.from([VERSION, 0]));
  const [, command, , type] = await reader.take(4);
  const host = await readHost(reader, type!);
  const port = (await reader.take(2)).readUInt16BE();
  if (host === undefined) throw reject(socket, REPLY.unsupportedAddress, 'an address of another type');
  if (command !== CONNECT) throw reject(socket, REPLY.unsupportedCommand, 'another command than CONNECT');
  reader.giveBack();
  const opened = (error?: Error & { code?: string }) => {
    answer(socket, error ? (FAILURES[error.code ?? ''] ?? REPLY.failed) : REPLY.done);
  };
  return { host, port, opened };
};

async function readHost(reader: Reader, type: number): Promise<string | undefined> {
  if (type === 1) return [...(await reader.take(4))].join('.');
  if (type === 3) return (await reader.take((await reader.take(1))[0]!)).toString('latin1');
  if (type === 4) return (await reader.take(16)).toString('hex').match(/.{4}/g)!.join(':');
  return undefined;
}

function reject(socket: Socket, reply: number, what: string): Error {
  answer(socket, reply);
  return new Error(`A SOCKS5 client asked for ${what}`);
}

function answer(socket: Socket, reply: number): void {
  // Where from the connection was made is nobody's business here: 0.0.0.0:0.
  socket.write(Buffer.from([VERSION, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
}

/** Reads exact numbers of bytes, and gives the rest back. */
class Reader {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData).on('close', this.#onEnd).on('end', this.#onEnd);
  }

  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      if (this.#ended) throw new Error('A SOCKS5 client went away');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  giveBack(): void {
    this.#socket.pause().off('data', this.#onData).off('close', this.#onEnd).off('end', this.#onEnd);
    if (this.#bytes.length > 0) this.#socket.unshift(this.#bytes);
  }

  #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake();
  };

  #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };
}
