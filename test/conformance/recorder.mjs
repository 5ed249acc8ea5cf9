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
  /** Requests of the current case: `{ head, line, headers, body, trailers }`. */
  requests = [];
  /** Every byte of the current case, in the order of arrival. */
  bytes = '';
  answer = DEFAULT_ANSWER;
  sockets = new Set();

  /** Forgets everything and answers this from now on. An empty answer closes the connection. */
  reset(answer = DEFAULT_ANSWER) {
    this.requests = [];
    this.bytes = '';
    this.answer = answer;
  }

  take(socket) {
    this.sockets.add(socket);
    let buffer = '';
    let upgraded = false;
    let isInvited = false; // to go on with a body
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    socket.on('end', () => socket.end());
    socket.setEncoding('latin1').on('data', (chunk) => {
      this.bytes += chunk;
      if (upgraded) {
        socket.write(`echo:${chunk}`, 'latin1');
        return;
      }
      buffer += chunk;
      if (!isInvited && /\r\nexpect: *100-continue\r\n.*\r\n\r\n/is.test(buffer)) {
        isInvited = true;
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      for (let request = readRequest(buffer); request; request = readRequest(buffer)) {
        buffer = request.rest;
        this.requests.push(request);
        isInvited = false;
        // A fence is a request of the runner, and always answered in the same way.
        const answer = /^GET \/fence/.test(request.line) ? DEFAULT_ANSWER : this.answer;
        if (answer === '') socket.destroy();
        else socket.write(Buffer.from(answer.replace('{{end}}', ''), 'latin1'));
        if (answer.includes('{{end}}')) socket.end();
        upgraded = answer.startsWith('HTTP/1.1 101');
      }
    });
  }
}

/** The first whole request of a text and what follows it, or undefined. */
function readRequest(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end + 4);
  const [line, ...fields] = text.slice(0, end).split('\r\n');
  const headers = fields.map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const value = (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
  if (value('transfer-encoding')) {
    const body = readChunks(text, end + 4);
    return body && { head, line, headers, ...body };
  }
  const length = Number(value('content-length') ?? 0);
  if (text.length < end + 4 + length) return undefined;
  const body = text.slice(end + 4, end + 4 + length);
  return { head, line, headers, body, trailers: [], rest: text.slice(end + 4 + length) };
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
