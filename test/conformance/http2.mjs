// Cases as HTTP/2: the requests of HTTP/1.1 translated, and others sent field by field. Node's own client does the
// talking; what it would not send is put into its frames on their way out.
import http2 from 'node:http2';
import { Duplex } from 'node:stream';
import { NOTHING, PATIENCE } from './client.mjs';

const HEADERS = 1;
const CONTINUATION = 9;
const MOST = 16_384;
// RFC 9113 §8.2.2: what speaks about the connection does not exist here.
const UNTRANSLATABLE = /^(connection|keep-alive|proxy-connection|upgrade|transfer-encoding|http2-settings)$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*?)[ \t]*$/;

/**
 * A request of HTTP/1.1 as `{ fields, body, trailers }`; undefined where it is about the syntax of HTTP/1.1, about its
 * connections, or more than one request.
 */
export function translate(text) {
  const end = text.indexOf('\r\n\r\n');
  const [line, ...lines] = text.slice(0, end).split('\r\n');
  const [, method, path] = /^([^\s:]+) ([^\t\r\n]+) HTTP\/1\.1$/.exec(line) ?? [];
  const headers = lines.map((field) => FIELD.exec(field)?.slice(1));
  if (end < 0 || !method || method === 'CONNECT' || headers.includes(undefined)) return undefined;
  const codings = headers.filter(([name]) => /^transfer-encoding$/i.test(name)).map(([, value]) => value);
  const chunked = codings.length === 1 && codings[0] === 'chunked';
  const fields = headers
    .map(([name, value]) => [name.toLowerCase(), value])
    .filter(
      ([name, value]) => !(name === 'transfer-encoding' && chunked) && !(name === 'connection' && value === 'close'),
    );
  const hosts = fields.filter(([name]) => name === 'host');
  const rest = text.slice(end + 4);
  const lengths = fields.filter(([name]) => name === 'content-length').map(([, value]) => value);
  const message = chunked ? readChunks(rest) : { body: rest, trailers: [] };
  if (!message || (chunked && lengths.length > 0)) return undefined;
  if (!chunked && (lengths.length > 1 || (lengths[0] ?? '0') !== String(rest.length))) return undefined;
  if (hosts.length > 1 || fields.some(([name]) => UNTRANSLATABLE.test(name))) return undefined;
  if (fields.some(([name, value]) => name === 'te' && value !== 'trailers')) return undefined;
  const pseudo = { ':method': method, ':scheme': 'https', ':authority': hosts[0]?.[1], ':path': path };
  const head = Object.entries(pseudo).filter(([, value]) => value !== undefined);
  return { fields: [...head, ...fields.filter(([name]) => name !== 'host')], ...message };
}

function readChunks(text) {
  let body = '';
  for (let at = 0; ; ) {
    const [line, digits] = /^([0-9a-f]{1,6})\r\n/i.exec(text.slice(at)) ?? [];
    if (!line) return undefined;
    const size = Number.parseInt(digits, 16);
    at += line.length;
    if (size === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n$/.test(text.slice(at)) ? text.slice(at, -2).split('\r\n') : undefined;
      return (
        trailers && {
          body,
          trailers: trailers
            .filter(Boolean)
            .map((field) => FIELD.exec(field).slice(1))
            .map(([name, value]) => [name.toLowerCase(), value]),
        }
      );
    }
    body += text.slice(at, at + size);
    if (text.slice(at + size, at + size + 2) !== '\r\n') return undefined;
    at += size + 2;
  }
}

/** Sends one request on a connection that has agreed on HTTP/2; what comes back is written down as HTTP/1.1. */
export async function converse2(open, { fields, body, trailers }) {
  const socket = await open();
  if (!socket) return NOTHING;
  const method = fields.find(([name]) => name === ':method')?.[1];
  const session = http2.connect('https://localhost', {
    createConnection: () => new Tap(socket, [fields, trailers]),
    settings: { maxHeaderListSize: 2 ** 20 },
  });
  return new Promise((resolve) => {
    // Node tells of data before it tells of the head.
    const text = { head: '', body: '', trailers: '' };
    let answer;
    let done = false;
    const finish = (timedOut) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      session.destroy();
      socket.destroy();
      const whole = answer?.whole ? [{ status: answer.status, headers: answer.headers, body: '' }] : [];
      const reset = answer === undefined && !timedOut;
      resolve({
        text: text.head + text.body + text.trailers,
        answers: reset ? [{ status: 'reset', headers: [] }] : whole,
        closed: true,
        timedOut,
      });
    };
    const timer = setTimeout(finish, PATIENCE, true);
    // What Node's client is told is only what it needs to understand the answer.
    const endStream = body === '' && trailers.length === 0;
    const stream = session.request(
      { ':path': '/', ':method': method === 'HEAD' ? 'HEAD' : 'GET' },
      { endStream, waitForTrailers: trailers.length > 0 },
    );
    session.on('error', () => {}).on('close', () => finish(false));
    const write = (headers, raw) => {
      text.head += `HTTP/1.1 ${headers[':status']} \r\n${lines(raw)}\r\n`;
    };
    stream
      .on('error', () => {})
      .on('headers', (headers, _flags, raw) => write(headers, raw))
      .on('response', (headers, _flags, raw) => {
        write(headers, raw);
        answer = { status: headers[':status'], headers: pairs(raw) };
      })
      .on('trailers', (_headers, _flags, raw) => {
        text.trailers = `\r\n0\r\n${lines(raw)}\r\n`;
      })
      .on('wantTrailers', () => stream.sendTrailers({ x: '' }))
      .setEncoding('latin1')
      .on('data', (chunk) => {
        text.body += chunk;
      })
      .on('end', () => {
        if (answer && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) answer.whole = true;
      })
      .on('close', () => finish(false));
    if (!endStream) stream.end(Buffer.from(body, 'latin1'));
  });
}

function pairs(raw) {
  const list = [];
  for (let i = 0; i < raw.length; i += 2) if (!raw[i].startsWith(':')) list.push([raw[i], raw[i + 1]]);
  return list;
}

function lines(raw) {
  const title = (name) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  return pairs(raw)
    .map(([name, value]) => `${title(name)}: ${value}\r\n`)
    .join('');
}

/** Carries a connection of Node's client, with the blocks of its HEADERS frames replaced one after the other. */
class Tap extends Duplex {
  #socket;
  #blocks;
  #pending = Buffer.alloc(0);
  #preface = 24;

  constructor(socket, blocks) {
    super();
    this.#socket = socket.on('data', (chunk) => this.push(chunk)).on('close', () => this.destroy());
    this.#blocks = blocks;
  }

  _read() {}

  _write(chunk, _encoding, callback) {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const out = [this.#take(this.#preface)];
    this.#preface -= out[0].length;
    while (this.#preface === 0 && this.#pending.length >= 9) {
      const length = 9 + this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < length) break;
      const frame = this.#take(length);
      out.push(...(frame[3] === HEADERS ? framesOf(this.#blocks.shift(), frame[4] & 1) : [frame]));
    }
    this.#socket.write(Buffer.concat(out));
    callback();
  }

  _destroy(error, callback) {
    this.#socket.destroy();
    callback(error);
  }

  #take(length) {
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(taken.length);
    return taken;
  }
}

/** A block of fields as HEADERS and CONTINUATION on the first stream. */
function framesOf(fields, endStream) {
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
  const count = Math.max(1, Math.ceil(block.length / MOST));
  return Array.from({ length: count }, (_, i) => {
    const part = block.subarray(i * MOST, (i + 1) * MOST);
    const head = Buffer.alloc(9);
    head.writeUIntBE(part.length, 0, 3);
    head[3] = i === 0 ? HEADERS : CONTINUATION;
    head[4] = (i === 0 ? endStream : 0) | (i === count - 1 ? 4 : 0);
    head.writeUInt32BE(1, 5);
    return Buffer.concat([head, part]);
  });
}

/** A string of RFC 7541 §5.2, not compressed. */
function literal(text) {
  const bytes = Buffer.from(text, 'latin1');
  const length = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
