// An app that greets its callers. It listens on loopback, where only its sidecar reaches it.
import { createServer } from 'node:http';

const server = createServer((req, res) => {
  const login = req.headers['tailscale-user-login'];
  res.end(`hello ${login ?? 'device'}\n`);
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
process.on('SIGTERM', () => server.close());
