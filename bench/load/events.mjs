// Server-sent events to many readers: the app sends the next event when all have the last. Counts deliveries.
import http from 'node:http';
import net from 'node:net';
import { percentile } from './child.mjs';

/** The last byte of an event's data. */
const MARK = '~'.charCodeAt(0);

/** @param {{ host, port, seconds, readers, targetPort }} options */
export default async function events({ host, port, seconds, readers, targetPort }) {
  let waiting = 0;
  let sent = 0;
  let all = () => {};
  let failed = () => {};
  const latencies = [];
  const onData = (data) => {
    for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 1)) {
      latencies.push(performance.now() - sent);
      if (--waiting === 0) all();
    }
  };
  for (let index = 0; index < readers; index += 1) {
    const socket = await subscribe(host, port);
    socket.on('data', onData).on('close', () => failed(new Error('a stream of events closed')));
  }
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    waiting = readers;
    const delivered = new Promise((resolve, reject) => {
      all = resolve;
      failed = reject;
    });
    sent = performance.now();
    http.request({ agent, port: targetPort, path: '/events', method: 'POST' }, (response) => response.resume()).end();
    await delivered;
  }
  const elapsed = (performance.now() - began) / 1000;
  failed = () => {};
  return { count: latencies.length, seconds: elapsed, p99: percentile(latencies, 0.99), errors: 0 };
}

/** Opens a stream and waits for the head of its response. */
function subscribe(host, port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.on('error', reject);
    socket.once('data', (data) => {
      if (data.latin1Slice(0, 12).endsWith(' 200')) resolve(socket);
      else reject(new Error(`got ${data.latin1Slice(0, 60)}`));
    });
    socket.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
  });
}
