import { formatAddress, parseAddress } from '../net/ip.ts';

/** What Go sends for a bound UDP port. `tsx_node_bind` in go/abi.h describes the frames. */
export type Frame =
  | { kind: 'datagram'; ip: string; port: number; payload: Buffer }
  | { kind: 'identity'; ip: string; json: string }
  | { kind: 'forget' };

/** Splits a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Yields the frames that this piece completes. */
  *read(piece: Buffer): Generator<Frame, void> {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece;
    while (data.length >= 4) {
      const end = 4 + data.readUInt32BE(0);
      if (data.length < end) break;
      yield decode(data.subarray(4, end));
      data = data.subarray(end);
    }
    this.#rest = data;
  }
}

function decode(frame: Buffer): Frame {
  const kind = frame[0];
  const end = 2 + frame[1]!;
  if (kind === 3) return { kind: 'forget' };
  const ip = formatAddress(frame.subarray(2, end));
  if (kind === 2) return { kind: 'identity', ip, json: frame.toString('utf8', end) };
  // A copy, because the app may keep the payload, which must not retain everything that arrived with it.
  return { kind: 'datagram', ip, port: frame.readUInt16BE(end), payload: Buffer.from(frame.subarray(end + 2)) };
}

/** Encodes the frame that sends a datagram. */
export function encodeDatagram(ip: string, port: number, payload: readonly Uint8Array[]): Buffer {
  const address = parseAddress(ip);
  const size = payload.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(4 + 1 + address.length + 2);
  head.writeUInt32BE(head.length - 4 + size, 0);
  head[4] = address.length;
  address.copy(head, 5);
  head.writeUInt16BE(port, head.length - 2);
  return Buffer.concat([head, ...payload]);
}
