// One large body: down (GET) or up (POST), over one connection. Counts megabytes.
import { once } from 'node:events';
import net from 'node:net';

const MB = 2 ** 20;

/** @param {{ host, port, megabytes: number, direction: 'down' | 'up' }} options */
export default async function bulk({ host, port, megabytes, direction }) {
  const bytes = megabytes * MB;
  const began = performance.now();
  await (direction === 'down' ? download(host, port, bytes) : upload(host, port, bytes));
  return { count: megabytes, seconds: (performance.now() - began) / 1000, errors: 0 };
}

function download(host, port, bytes) {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(256 * 1024);
    let left = -1;
    const onData = (size) => {
      if (left < 0) {
        const end = headEnd(buffer.subarray(0, size), reject);
        left = bytes + end;
      }
      left -= size;
      if (left <= 0) resolve(socket.destroy());
      return true;
    };
    const socket = net.connect({ port, host: '127.0.0.1', onread: { buffer, callback: onData } });
    socket.on('error', reject).on('close', () => reject(new Error(`the connection closed ${left} bytes early`)));
    socket.write(`GET /bytes/${bytes} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
}

async function upload(host, port, bytes) {
  const block = Buffer.alloc(256 * 1024, 'x');
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const answered = new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(headEnd(data, reject)));
    socket.on('error', reject).on('close', () => reject(new Error('the connection closed without a response')));
  });
  answered.catch(() => {});
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${bytes}\r\n\r\n`);
  for (let sent = 0; sent < bytes; sent += block.length) {
    if (!socket.write(block)) await Promise.race([once(socket, 'drain'), answered]);
  }
  await answered;
  socket.destroy();
}

/** Returns where the body begins. */
function headEnd(data, reject) {
  const end = data.indexOf('\r\n\r\n');
  if (!data.latin1Slice(0, 12).endsWith(' 200') || end < 0) reject(new Error(`got ${data.latin1Slice(0, 60)}`));
  return end + 4;
}
