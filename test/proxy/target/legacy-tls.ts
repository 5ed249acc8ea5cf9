/**
 * A TLS 1.2 server without RFC 5746, as on old devices: it says nothing of secure renegotiation, and OpenSSL refuses it.
 * No server of today can be told to do that, so here is just enough of one for a single request.
 */
import { createCipheriv, createDecipheriv, createECDH, createHash, createHmac, randomBytes, sign } from 'node:crypto';
import type { Socket } from 'node:net';

const CIPHER = 0xc02b; // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
const [CHANGE_CIPHER, HANDSHAKE, DATA] = [20, 22, 23];

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const u24 = (value: number) => Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
const record = (type: number, bytes: Buffer) => Buffer.concat([Buffer.from([type, 3, 3]), u16(bytes.length), bytes]);
const message = (type: number, bytes: Buffer) => Buffer.concat([Buffer.from([type]), u24(bytes.length), bytes]);

/** RFC 5246 §5. */
function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const text = Buffer.concat([Buffer.from(label), seed]);
  const hmac = (bytes: Buffer) => createHmac('sha256', secret).update(bytes).digest();
  let a = text;
  let out: Buffer = Buffer.alloc(0);
  while (out.length < length) {
    a = hmac(a);
    out = Buffer.concat([out, hmac(Buffer.concat([a, text]))]);
  }
  return out.subarray(0, length);
}

/** One direction of an encrypted connection (RFC 5288). */
class Half {
  readonly #key: Buffer;
  readonly #salt: Buffer;
  #sequence = 0n;

  constructor(key: Buffer, salt: Buffer) {
    this.#key = key;
    this.#salt = salt;
  }

  #about(type: number, length: number): [explicit: Buffer, aad: Buffer] {
    const explicit = Buffer.alloc(8);
    explicit.writeBigUInt64BE(this.#sequence++);
    return [explicit, Buffer.concat([explicit, Buffer.from([type, 3, 3]), u16(length)])];
  }

  seal(type: number, bytes: Buffer): Buffer {
    const [explicit, aad] = this.#about(type, bytes.length);
    const cipher = createCipheriv('aes-128-gcm', this.#key, Buffer.concat([this.#salt, explicit])).setAAD(aad);
    return record(type, Buffer.concat([explicit, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
  }

  open(type: number, bytes: Buffer): Buffer {
    const [, aad] = this.#about(type, bytes.length - 24);
    const nonce = Buffer.concat([this.#salt, bytes.subarray(0, 8)]);
    const decipher = createDecipheriv('aes-128-gcm', this.#key, nonce).setAAD(aad).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(8, -16)), decipher.final()]);
  }
}

/** Answers one request on a connection. */
export function serveLegacyTls(socket: Socket, { cert, key }: { cert: Buffer; key: string }, response: string): void {
  const ecdh = createECDH('prime256v1');
  const random = randomBytes(32);
  const transcript: Buffer[] = [];
  let clientRandom: Buffer = Buffer.alloc(0);
  let reading: Half | undefined;
  let writing: Half | undefined;
  let master: Buffer = Buffer.alloc(0);
  const say = (...messages: Buffer[]) => {
    transcript.push(...messages);
    return Buffer.concat(messages);
  };

  const onHello = (hello: Buffer) => {
    clientRandom = hello.subarray(6, 38);
    const point = ecdh.generateKeys();
    const parameters = Buffer.concat([Buffer.from([3, 0, 23, point.length]), point]);
    const signature = sign('sha256', Buffer.concat([clientRandom, random, parameters]), key);
    const chain = Buffer.concat([u24(cert.length), cert]);
    const flight = say(
      message(2, Buffer.concat([Buffer.from([3, 3]), random, Buffer.from([0]), u16(CIPHER), Buffer.from([0])])),
      message(11, Buffer.concat([u24(chain.length), chain])),
      message(12, Buffer.concat([parameters, Buffer.from([4, 3]), u16(signature.length), signature])),
      message(14, Buffer.alloc(0)),
    );
    socket.write(record(HANDSHAKE, flight));
  };
  const onKey = (exchange: Buffer) => {
    const premaster = ecdh.computeSecret(exchange.subarray(5));
    master = prf(premaster, 'master secret', Buffer.concat([clientRandom, random]), 48);
    const block = prf(master, 'key expansion', Buffer.concat([random, clientRandom]), 40);
    reading = new Half(block.subarray(0, 16), block.subarray(32, 36));
    writing = new Half(block.subarray(16, 32), block.subarray(36, 40));
  };
  const onFinished = () => {
    const hash = createHash('sha256').update(Buffer.concat(transcript)).digest();
    const finished = message(20, prf(master, 'server finished', hash, 12));
    socket.write(Buffer.concat([record(CHANGE_CIPHER, Buffer.from([1])), writing!.seal(HANDSHAKE, finished)]));
  };

  let bytes: Buffer = Buffer.alloc(0);
  let encrypted = false;
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) {
      const type = bytes[0]!;
      const body = bytes.subarray(5, 5 + bytes.readUInt16BE(3));
      bytes = bytes.subarray(5 + body.length);
      if (type === CHANGE_CIPHER) encrypted = true;
      else if (type === DATA) socket.end(writing!.seal(DATA, Buffer.from(response)));
      else if (type === HANDSHAKE) {
        const plain = encrypted ? reading!.open(type, body) : body;
        transcript.push(plain);
        if (plain[0] === 1) onHello(plain);
        else if (plain[0] === 16) onKey(plain);
        else onFinished();
      }
    }
  });
}
