// A WebSocket server on the tailnet that sends every message to all clients, with the sender's name.
//
//   TS_AUTHKEY=tskey-auth-… node examples/ws.js
import { Tailnet } from 'tsexpose';
import { WebSocketServer } from 'ws';

const tailnet = await Tailnet.up({ hostname: 'ws-example' });
const server = tailnet.createServer((_req, res) => res.writeHead(426).end('This server speaks WebSocket only.\n'));
const sockets = new WebSocketServer({
  server,
  // A browser connects as its user no matter which page asks, so allow only pages of this server.
  verifyClient: ({ origin, req }) => !origin || origin === `http://${req.headers.host}`,
});

sockets.on('connection', (socket, req) => {
  // The identity of the connection, which stays up to date with the tailnet.
  const { identity } = req.socket;
  socket.on('message', (message) => {
    for (const client of sockets.clients) client.send(`${identity.name}: ${message}`);
  });
});

server.listen(80, () => console.log(`ws://${tailnet.fqdn}`));
process.once('SIGINT', () => {
  for (const client of sockets.clients) client.terminate();
  tailnet.close();
});
