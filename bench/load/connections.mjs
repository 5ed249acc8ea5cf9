// A new connection for each request, in TLS or not, with a number of them at once. wrk would not count those that hang.
import net from 'node:net';
import tls from 'node:tls';
import { percentile } from './child.mjs';

/** A connection without a response by then counts as an error. */
const LIMIT_MS = 2000;
/** What the app sends. */
const BODY = 1024;

/** @param {{ scheme, host, port, ca, seconds, connections }} options */
export default async function connections({ scheme, host, port, ca, seconds, connections }) {
  const options = { host: '127.0.0.1', port, noDelay: true };
  const context = scheme === 'https' ? tls.createSecureContext({ ca }) : undefined;
  const connect = context
    ? () => tls.connect({ ...options, servername: host, secureContext: context })
    : () => net.connect(options);
  const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const latencies = [];
  let errors = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  const lane = async () => {
    while (performance.now() < until) {
      const start = performance.now();
      if (await exchange(connect(), request)) latencies.push(performance.now() - start);
      else errors += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const elapsed = (performance.now() - began) / 1000;
  return { count: latencies.length, seconds: elapsed, p99: percentile(latencies, 0.99), errors };
}

/** Returns whether a response arrived in time. */
function exchange(socket, request) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), LIMIT_MS);
    let head = '';
    let missing = Number.POSITIVE_INFINITY;
    socket
      .on('error', () => {})
      .on('close', () => {
        clearTimeout(timer);
        resolve(missing <= 0);
      });
    socket.on('data', (data) => {
      if (missing === Number.POSITIVE_INFINITY) {
        head += data.latin1Slice();
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 200 ')) return socket.destroy();
        missing = BODY - (head.length - end - 4);
      } else missing -= data.length;
      if (missing <= 0) socket.destroy();
    });
    socket.write(request);
  });
}
