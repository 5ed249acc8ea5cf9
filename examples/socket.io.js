// A Socket.IO server on the tailnet: its rooms know their members without a login.
//
//   TS_AUTHKEY=tskey-auth-… node examples/socket.io.js
import { Server } from 'socket.io';
import { Tailnet } from 'tsexpose';

const tailnet = await Tailnet.up({ hostname: 'socketio-example' });
const server = tailnet.createServer();
const io = new Server(server);

io.on('connection', (socket) => {
  const { name } = socket.request.tailscale;
  socket.on('join', (room) => {
    socket.join(room);
    io.to(room).emit('joined', name);
  });
});

server.listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', async () => {
  await io.close();
  await tailnet.close();
});
