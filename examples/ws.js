// A WebSocket server on the tailnet: everybody hears what anybody says, and who said it.
//
//   TS_AUTHKEY=tskey-auth-… node examples/ws.js
import { Tailnet } from 'tsexpose';
import { WebSocketServer } from 'ws';

const tailnet = await Tailnet.up({ hostname: 'ws-example' });
const server = tailnet.createServer((_req, res) => res.writeHead(426).end('This is a WebSocket.\n'));
const sockets = new WebSocketServer({
  server,
  // A browser sends requests in the name of whoever visits a page: only pages of this server may talk to it.
  verifyClient: ({ origin, req }) => !origin || origin === `http://${req.headers.host}`,
});

sockets.on('connection', (socket, req) => {
  // The connection's own identity: it follows what the tailnet says about the caller.
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
