import { type Frame, FrameReader } from '../../../src/tailnet/dgram/datagram-frame.ts';

/** Reads frames that were made for Go as if Go had made them: those of the host have no kind. */
export function decodeFrames(frame: Buffer): Frame[] {
  const length = frame.readUInt32BE(0);
  const fromGo = Buffer.concat([Buffer.alloc(4), Buffer.from([1]), frame.subarray(4)]);
  fromGo.writeUInt32BE(length + 1, 0);
  const reader = new FrameReader();
  // Byte by byte: a frame may come in any number of pieces.
  return [...fromGo].flatMap((byte) => [...reader.read(Buffer.from([byte]))]);
}
