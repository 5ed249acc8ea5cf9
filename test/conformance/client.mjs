// The caller: sends the bytes of a case on a connection of its own and reads whatever comes back.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** How long a proxy may take to say anything, in milliseconds. */
export const PATIENCE = 3_000;
const GRACE = 500;
/** What a connection brings that does not come about. */
export const NOTHING = { text: '', answers: [], closed: true, timedOut: true };

/** Connects to where a caller's URL leads, by TLS where it is one of https. */
export async function openSocket({ url: text, host, ca }, protocol = 'http/1.1') {
  const url = new URL(text);
  const at = { host: url.hostname.replace(/^\[|\]$/g, ''), allowHalfOpen: true, noDelay: true };
  if (url.protocol !== 'https:') return net.connect({ ...at, port: Number(url.port || 80) }).on('error', () => {});
  const name = (host ?? url.hostname).replace(/:\d+$/, '');
  const secure = { ...(ca && { ca }), ...(net.isIP(name) === 0 && { servername: name }), ALPNProtocols: [protocol] };
  const socket = tls.connect({ ...at, ...secure, port: Number(url.port || 443) });
  await once(
    socket.on('error', () => {}),
    'secureConnect',
  );
  if (protocol === 'h2' && socket.alpnProtocol !== 'h2') throw new Error(`${text} does not speak HTTP/2`);
  return socket;
}

/**
 * Sends `parts` one after the other, each after an answer to the one before has begun, and reads until the connection
 * closes, `until` answers are complete, or the text matches `until`.
 *
 * @param options `method`; `closing`: wait for the end of the connection; `fin`: end the caller's side after the last
 * part; `silence`: `{ upload }` seconds between the parts, `{ download }` before the caller reads on, `{ app }`
 * @returns {Promise<{ text: string, answers: object[], closed: boolean, timedOut: boolean }>} all bytes, the responses in
 * them, and whether the proxy closed the connection
 */
export async function converse(open, parts, until, options = {}) {
  const { method = 'GET', closing = false, fin = false, silence = {} } = options;
  const socket = await open();
  if (!socket) return NOTHING;
  return new Promise((resolve) => {
    let text = '';
    let next = 0;
    let done = false;
    const finish = (closed, timedOut) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, answers: readAnswers(text, method), closed, timedOut });
    };
    const silent = Object.values(silence).reduce((sum, seconds) => sum + seconds * 1_000, 0);
    const timer = setTimeout(() => finish(false, true), PATIENCE + silent);
    const send = () => {
      if (next >= parts.length) return;
      socket.write(Buffer.from(parts[next++], 'latin1'));
      if (next < parts.length && silence.upload) setTimeout(send, silence.upload * 1_000);
      if (next === parts.length && fin) socket.end();
    };
    if (socket.connecting) socket.on('connect', send);
    else send();
    socket.on('end', () => finish(true, false));
    socket.on('close', () => finish(true, false));
    socket.setEncoding('latin1').on('data', (chunk) => {
      if (text === '' && silence.download) {
        socket.pause();
        setTimeout(() => socket.resume(), silence.download * 1_000);
      }
      text += chunk;
      const more = next < parts.length;
      send();
      if (until instanceof RegExp) {
        if (until.test(text)) finish(false, false);
        return;
      }
      const answers = readAnswers(text, method);
      if (more || answers.length < until) return;
      // Told that the connection ends here, a caller waits for the end; if it has to end untold, it waits for a while.
      const announced = answers.some(({ headers }) =>
        headers.some(([name, value]) => /^connection$/i.test(name) && /close/i.test(value)),
      );
      if (announced) return;
      if (closing) setTimeout(finish, GRACE, false, false);
      else finish(false, false);
    });
  });
}

/** The complete final answers of a text, interim ones left out. */
export function readAnswers(text, method = 'GET') {
  const answers = [];
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return answers;
    const [line, ...fields] = text.slice(at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? 0);
    const headers = fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    });
    const value = (name) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
    at = end + 4;
    if (status === 101) return [...answers, { status, line, headers, body: text.slice(at) }];
    if (status >= 100 && status < 200) continue;
    if (status === 0) return answers;
    let body = '';
    if (method !== 'HEAD' && status !== 204 && status !== 304) {
      if (value('transfer-encoding')) {
        const last = /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(at));
        if (!last) return answers;
        body = text.slice(at, at + last.index + last[0].length);
      } else if (value('content-length') !== undefined) {
        body = text.slice(at, at + Number(value('content-length')));
        if (body.length < Number(value('content-length'))) return answers;
      } else {
        body = text.slice(at);
      }
    }
    answers.push({ status, line, headers, body });
    at += body.length;
  }
}
