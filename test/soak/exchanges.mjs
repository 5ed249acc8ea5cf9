// The exchanges of a caller with the app, through doors on loopback. Each throws when the answer is not what the app
// gives to this caller.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { WebSocket } from 'ws';
import { Fault } from './outcomes.mjs';

/** Longer than a door waits for the tailnet (15 s). */
const PATIENCE_MS = 40_000;
const BODY = randomBytes(64 << 10);
const DIGEST = createHash('sha1').update(BODY).digest('hex');

/** Errors reach whoever waits for an event; one that comes when nothing is waited for must not end the soak. */
const ignore = () => {};

/** Checks who an answer is for. */
function check(text, expected) {
  const { who, token, digest } = JSON.parse(text);
  if (who !== expected.who) throw new Fault('wrong', `the app saw "${who}", not "${expected.who}"`);
  if (token !== expected.token) throw new Fault('wrong', `an answer for ${token} instead of ${expected.token}`);
  if (expected.digest && digest !== expected.digest) throw new Fault('lost', 'the app got other bytes');
}

/** Sends a request, and checks the answer. */
export async function request(door, who, { agent = false, body } = {}) {
  const token = randomUUID();
  const method = body ? 'POST' : 'GET';
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const outgoing = http.request(`${door.url}/?token=${token}`, { agent, method, signal }).on('error', ignore).end(body);
  const [response] = await once(outgoing, 'response', { signal });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  if (response.statusCode !== 200) throw new Fault('lost', `status ${response.statusCode}: ${text.slice(0, 80)}`);
  check(text, { who, token, digest: body && DIGEST });
}

export const upload = (door, who, options) => request(door, who, { ...options, body: BODY });

/** Yields after every event of a stream of events. */
export async function* events(door, who) {
  const token = randomUUID();
  const silence = new Silence();
  const outgoing = http.get(`${door.url}/events?token=${token}`, { agent: false, signal: silence.signal });
  outgoing.on('error', ignore);
  try {
    const [response] = await once(outgoing, 'response', { signal: silence.signal });
    if (response.statusCode !== 200) throw new Fault('lost', `status ${response.statusCode}`);
    let pending = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const parts = `${pending}${chunk}`.split('\n\n');
      pending = parts.pop();
      silence.end();
      for (const part of parts) {
        check(part.slice('data: '.length), { who, token });
        yield;
      }
    }
    throw new Fault('lost', 'the stream ended');
  } finally {
    silence.clear();
    outgoing.destroy();
  }
}

/** Yields after every echo of a WebSocket. */
export async function* webSocket(door, who) {
  const silence = new Silence();
  const { signal } = silence;
  const socket = new WebSocket(`${door.url.replace('http', 'ws')}/socket`).on('error', ignore);
  const closed = once(socket, 'close', { signal }).then(() => Promise.reject(new Fault('lost', 'the socket closed')));
  closed.catch(() => {});
  try {
    await once(socket, 'open', { signal });
    for (;;) {
      const token = randomUUID();
      socket.send(token);
      const [data] = await Promise.race([once(socket, 'message', { signal }), closed]);
      silence.end();
      check(String(data), { who, token });
      yield;
    }
  } finally {
    silence.clear();
    socket.terminate();
  }
}

/** Yields after every echo of a TCP connection. */
export async function* tcp(door, who) {
  const silence = new Silence();
  const { signal } = silence;
  const socket = net.connect({ port: door.port, host: '127.0.0.1', noDelay: true });
  // From the start: the end may come while nothing is read.
  const closed = new Promise((_, reject) => {
    socket.once('error', reject).once('close', () => reject(new Fault('lost', 'the connection ended')));
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  closed.catch(ignore);
  try {
    await Promise.race([once(socket, 'connect'), closed]);
    for (;;) {
      const token = randomUUID();
      const line = readLine(socket);
      socket.write(`${token}\n`);
      check(await Promise.race([line, closed]), { who, token });
      silence.end();
      yield;
    }
  } finally {
    silence.clear();
    socket.destroy();
  }
}

/** Reads a line; nothing comes behind it, since the other end only answers. */
function readLine(socket) {
  return new Promise((resolve) => {
    let text = '';
    const read = (chunk) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      socket.off('data', read);
      resolve(text);
    };
    socket.on('data', read);
  });
}

/** Ends a stream in which nothing has come for too long. */
class Silence {
  #controller = new AbortController();
  #timer = setTimeout(() => this.#controller.abort(new Fault('hung', 'nothing came')), PATIENCE_MS);
  signal = this.#controller.signal;

  /** Something has come. */
  end() {
    this.#timer.refresh();
  }

  clear() {
    clearTimeout(this.#timer);
  }
}

/** Leaves in the middle: of an answer, an upload, a WebSocket, a connection, a dial. */
export const aborts = [
  async ({ web }, who) => {
    for await (const _ of events(web, who)) return;
  },
  async ({ web }) => {
    const options = { agent: false, method: 'POST', headers: { 'content-length': 2 * BODY.length } };
    const outgoing = http.request(`${web.url}/`, options).on('error', ignore);
    const failed = once(outgoing, 'response'); // too early an answer, or an error
    await Promise.race([failed, new Promise((resolve) => outgoing.write(BODY, resolve))]);
    failed.catch(() => {});
    outgoing.destroy();
  },
  async ({ web }, who) => {
    for await (const _ of webSocket(web, who)) return;
  },
  async ({ bytes }) => {
    const socket = net.connect(bytes.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('an unfinished line');
    socket.on('error', ignore).resetAndDestroy();
  },
  async ({ web }) => {
    const socket = net.connect(web.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  },
];
