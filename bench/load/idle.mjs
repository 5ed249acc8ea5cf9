// Connections that have made one request and stay open. They close with the process.
import net from 'node:net';

/** How many connections open at the same time. */
const AT_ONCE = 50;

/** @param {{ host, port, connections }} options */
export default async function idle({ host, port, connections }) {
  const request = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  let left = connections;
  const open = async () => {
    while (left-- > 0) await exchange(port, request);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  return { count: connections, errors: 0 };
}

function exchange(port, request) {
  return new Promise((resolve, reject) => {
    let received = 0;
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.on('error', reject).on('close', () => reject(new Error('a connection closed')));
    socket.on('data', (data) => {
      received += data.length;
      if (received > 1024) resolve();
    });
    socket.write(request);
  });
}
