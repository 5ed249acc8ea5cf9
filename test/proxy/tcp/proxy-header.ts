/** A reader of the PROXY protocol, written from its specification and not from what writes it here. */

export interface ReadHeader {
  version: number;
  source: { ip: string; port: number };
  destination: { ip: string; port: number };
  tlvs: Map<number, string>;
}

/** Reads a PROXY header and returns it with the bytes behind it. */
export function readProxyHeader(bytes: Buffer): { header: ReadHeader; rest: Buffer } {
  return bytes.subarray(0, 5).toString() === 'PROXY' ? readText(bytes) : readBinary(bytes);
}

function readText(bytes: Buffer) {
  const end = bytes.indexOf('\r\n');
  const [, family, source, destination, sourcePort, destinationPort] = bytes.subarray(0, end).toString().split(' ');
  if (family !== 'TCP4' && family !== 'TCP6') throw new Error(`family ${family}`);
  const header = {
    version: 1,
    source: { ip: source!, port: Number(sourcePort) },
    destination: { ip: destination!, port: Number(destinationPort) },
    tlvs: new Map<number, string>(),
  };
  return { header, rest: bytes.subarray(end + 2) };
}

function readBinary(bytes: Buffer) {
  if (bytes.subarray(0, 12).toString('hex') !== '0d0a0d0a000d0a515549540a') throw new Error('no signature');
  if (bytes[12] !== 0x21) throw new Error(`version and command ${bytes[12]}`);
  const length = bytes.readUInt16BE(14);
  const body = bytes.subarray(16, 16 + length);
  const size = bytes[13] === 0x11 ? 4 : 16;
  const address = (at: number) =>
    size === 4
      ? [...body.subarray(at, at + 4)].join('.')
      : (
          body
            .subarray(at, at + 16)
            .toString('hex')
            .match(/.{4}/g) ?? []
        ).join(':');
  const tlvs = new Map<number, string>();
  for (let at = 2 * size + 4; at < body.length; ) {
    const bytesOfValue = body.readUInt16BE(at + 1);
    tlvs.set(body[at]!, body.subarray(at + 3, at + 3 + bytesOfValue).toString());
    at += 3 + bytesOfValue;
  }
  const header = {
    version: 2,
    source: { ip: address(0), port: body.readUInt16BE(2 * size) },
    destination: { ip: address(size), port: body.readUInt16BE(2 * size + 2) },
    tlvs,
  };
  return { header, rest: bytes.subarray(16 + length) };
}
