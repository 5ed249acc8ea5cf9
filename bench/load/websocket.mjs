// WebSocket messages that come back: each connection sends the next one when it has the last. Counts messages.
import net from 'node:net';
import { percentile } from './child.mjs';

/** @param {{ host, port, seconds, connections, bytes }} options */
export default async function websocket({ host, port, seconds, connections, bytes }) {
  const request = Buffer.from(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  // A binary frame with a mask of zeros, which leaves the payload as it is.
  const frame = Buffer.concat([
    Buffer.from([0x82, 0xfe, bytes >> 8, bytes & 0xff, 0, 0, 0, 0]),
    Buffer.alloc(bytes, 'x'),
  ]);
  const returned = bytes + 4;
  const open = await Promise.all(Array.from({ length: connections }, () => upgrade(port, request)));
  const latencies = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(open.map((socket) => echo(socket)));
  return {
    count: latencies.length,
    seconds: (performance.now() - began) / 1000,
    p99: percentile(latencies, 0.99),
    errors: 0,
  };

  function echo(socket) {
    return new Promise((resolve, reject) => {
      let missing = returned;
      let sent = performance.now();
      socket.on('error', reject).on('close', () => reject(new Error('a WebSocket closed')));
      socket.on('data', (data) => {
        missing -= data.length;
        if (missing > 0) return;
        missing = returned;
        const now = performance.now();
        latencies.push(now - sent);
        sent = now;
        if (now < until) socket.write(frame);
        else resolve(socket.destroy());
      });
      socket.write(frame);
    });
  }
}

function upgrade(port, request) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', reject);
    socket.once('data', (data) => {
      if (data.latin1Slice(0, 12).endsWith(' 101')) resolve(socket.removeAllListeners('error'));
      else reject(new Error(`got ${data.latin1Slice(0, 60)}`));
    });
    socket.write(request);
  });
}
