// The app behind the exposure, as a process that can be killed: `node app.mjs HTTP_PORT TCP_PORT`, 0 for free ones.
// Every answer, event and echo names the caller that the app saw. Prints its two ports.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { WebSocketServer } from 'ws';

/** Time between two events of a stream. */
const EVENT_MS = 250;
const LOGIN = 0xe0;
const DEVICE = 0xe1;
const SUFFIX = '.sandbox.ts.net';

const server = http.createServer((request, response) => {
  const who = callerOf(request);
  const { pathname, searchParams } = new URL(request.url, 'http://app');
  const token = searchParams.get('token');
  if (pathname === '/events') return sendEvents(response, who, token);
  const hash = createHash('sha1');
  request.on('data', (chunk) => hash.update(chunk));
  request.on('end', () => response.end(JSON.stringify({ who, token, digest: hash.digest('hex') })));
});
server.keepAliveTimeout = 60_000;

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    const who = callerOf(request);
    webSocket.on('message', (data) => webSocket.send(JSON.stringify({ who, token: String(data) })));
    webSocket.on('error', () => {});
  });
});

const echo = net.createServer({ noDelay: true }, async (socket) => {
  socket.on('error', () => {});
  const { who, rest } = await readHeader(socket);
  let pending = rest.toString('latin1');
  const answer = () => {
    const lines = pending.split('\n');
    pending = lines.pop();
    for (const token of lines) socket.write(`${JSON.stringify({ who, token })}\n`);
  };
  answer();
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    answer();
  });
});

const [httpPort, tcpPort] = process.argv.slice(2).map(Number);
await once(server.listen(httpPort, '127.0.0.1'), 'listening');
await once(echo.listen(tcpPort, '127.0.0.1'), 'listening');
console.log(`${server.address().port} ${echo.address().port}`);
process.stdin.resume().on('end', () => process.exit());

function callerOf({ headers }) {
  return headers['tailscale-user-login'] ?? headers['tailscale-node-name'] ?? '';
}

function sendEvents(response, who, token) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = () => response.write(`data: ${JSON.stringify({ who, token })}\n\n`);
  send();
  const timer = setInterval(send, EVENT_MS);
  response.on('close', () => clearInterval(timer)).on('error', () => {});
}

/** Reads the PROXY header (version 2): who is calling, and what has come after it already. */
async function readHeader(socket) {
  let bytes = Buffer.alloc(0);
  while (bytes.length < 16 || bytes.length < 16 + bytes.readUInt16BE(14)) {
    const [chunk] = await once(socket, 'data');
    bytes = Buffer.concat([bytes, chunk]);
  }
  const end = 16 + bytes.readUInt16BE(14);
  const values = new Map();
  // Behind the addresses and ports of IPv4 or IPv6.
  for (let at = 16 + (bytes[13] === 0x21 ? 36 : 12); at < end; at += 3 + bytes.readUInt16BE(at + 1)) {
    values.set(bytes[at], bytes.toString('utf8', at + 3, at + 3 + bytes.readUInt16BE(at + 1)));
  }
  return { who: values.get(LOGIN) ?? values.get(DEVICE)?.replace(SUFFIX, '') ?? '', rest: bytes.subarray(end) };
}
