// The app behind the proxy under test: it reads requests by the letter of RFC 9112, keeps every byte, and answers
// what the case says.
import { once } from 'node:events';
import net from 'node:net';

export const DEFAULT_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Listens on loopback. `port` 0 takes any. */
export async function startRecorder(port = 0) {
  const recorder = new Recorder();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => recorder.take(socket));
  await once(server.listen(port, '127.0.0.1'), 'listening');
  recorder.port = server.address().port;
  recorder.close = () => {
    server.close();
    for (const socket of recorder.sockets) socket.destroy();
  };
  return recorder;
}

class Recorder {
  /** Requests of the current case: `{ head, line, headers, body, trailers, connection }`. */
  requests = [];
  /** Every byte of the current case, in the order of arrival. */
  bytes = '';
  behavior = {};
  sockets = new Set();
  connections = 0;

  /**
   * Forgets everything and behaves like this from now on. An empty answer closes the connection.
   *
   * @param behavior `answer` to requests; `early`: what the app says when it has read a head; `unread`: it answers heads
   * and takes bodies for the next request, as Python's `http.server` does; `delay`: seconds before it answers
   */
  reset(behavior = {}) {
    this.requests = [];
    this.bytes = '';
    this.behavior = behavior;
  }

  take(socket) {
    this.sockets.add(socket);
    const connection = ++this.connections;
    let buffer = '';
    let upgraded = false;
    let closed = false;
    /** Whether the sender of the current request has been told to go on with its body. */
    let isInvited = false;
    /** The request whose head has been answered before its body was read. */
    let begun;
    const say = (answer) => {
      if (answer === '') socket.destroy();
      else socket.write(Buffer.from(answer.replace('{{end}}', ''), 'latin1'));
      if (answer.includes('{{end}}')) socket.end();
      upgraded = answer.startsWith('HTTP/1.1 101');
    };
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    socket.on('end', () => socket.end());
    socket.setEncoding('latin1').on('data', (chunk) => {
      this.bytes += chunk;
      if (upgraded) {
        socket.write(`echo:${chunk}`, 'latin1');
        return;
      }
      buffer += chunk;
      for (let head = readHead(buffer); head && !closed; head = readHead(buffer)) {
        // A fence is a request of the runner, and always answered in the same way.
        const { answer = DEFAULT_ANSWER, early, unread, delay } = /^GET \/fence/.test(head.line) ? {} : this.behavior;
        if (early !== undefined && !begun) {
          begun = { ...head, connection, body: '', trailers: [] };
          this.requests.push(begun);
          say(early);
        }
        const message = unread
          ? { body: '', trailers: [], rest: buffer.slice(head.head.length) }
          : readBody(buffer, head);
        if (!message) {
          if (early === undefined && !isInvited && expectsContinue(head)) say('HTTP/1.1 100 Continue\r\n\r\n');
          isInvited = true;
          return;
        }
        isInvited = false;
        const { rest, ...body } = message;
        buffer = rest;
        if (begun) Object.assign(begun, body);
        else this.requests.push({ ...head, connection, ...body });
        begun = undefined;
        // An early answer is the only one, unless it is an interim one.
        if (early === undefined || early.startsWith('HTTP/1.1 1')) {
          if (delay) setTimeout(say, delay * 1_000, answer);
          else say(answer);
        }
        closed = unread && head.headers.some(([name, value]) => /^connection$/i.test(name) && /close/i.test(value));
        if (closed) socket.end();
      }
    });
  }
}

/** The first head of a text, or undefined. */
function readHead(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line, ...fields] = text.slice(0, end).split('\r\n');
  const headers = fields.map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  return { head: text.slice(0, end + 4), line, headers };
}

function expectsContinue({ headers }) {
  return headers.some(([name, value]) => /^expect$/i.test(name) && /^100-continue$/i.test(value));
}

/** The body behind a head and what follows it, or undefined while that is not complete. */
function readBody(text, { head, headers }) {
  const value = (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
  if (value('transfer-encoding')) return readChunks(text, head.length);
  const end = head.length + Number(value('content-length') ?? 0);
  if (text.length < end) return undefined;
  return { body: text.slice(head.length, end), trailers: [], rest: text.slice(end) };
}

function readChunks(text, start) {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) {
      const trailers = [];
      for (;;) {
        const fieldEnd = text.indexOf('\r\n', at);
        if (fieldEnd < 0) return undefined;
        if (fieldEnd === at) return { body, trailers, rest: text.slice(at + 2) };
        trailers.push(text.slice(at, fieldEnd));
        at = fieldEnd + 2;
      }
    }
    if (text.length < at + size + 2) return undefined;
    body += text.slice(at, at + size);
    at += size + 2;
  }
}
