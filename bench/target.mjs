// The app behind every program. Prints its port and exits when its stdin ends.
//
//   GET /            1 kB of text
//   GET /bytes/N     N bytes
//   POST /           reads the body, then responds with 1 kB of text
//   GET /events      server-sent events; POST /events sends the next one to all readers
//   a WebSocket      sends each message back
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const text = 'x'.repeat(1024);
const block = Buffer.alloc(65536, 'x');
const event = `data: ${'x'.repeat(1015)}~\n\n`;
const readers = new Set();

const server = createServer((request, response) => {
  if (request.url === '/events') return request.method === 'POST' ? send(response) : subscribe(response);
  if (request.url.startsWith('/bytes/')) return fill(response, Number(request.url.slice('/bytes/'.length)));
  if (request.method === 'GET') return answer(response);
  request.resume().on('end', () => answer(response));
});
server.keepAliveTimeout = 600_000;

const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })).on('error', () => {});
});
server.listen(0, '127.0.0.1', 4096, () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());

function answer(response) {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.length }).end(text);
}

function subscribe(response) {
  readers.add(response);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }).flushHeaders();
  response.on('close', () => readers.delete(response));
}

function send(response) {
  for (const reader of readers) reader.write(event);
  response.writeHead(204).end();
}

function fill(response, bytes) {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  let left = bytes;
  const write = () => {
    while (left > 0) {
      const size = Math.min(left, block.length);
      left -= size;
      if (!response.write(size === block.length ? block : block.subarray(0, size))) break;
    }
    if (left === 0) response.end();
  };
  response.on('drain', write);
  write();
}
