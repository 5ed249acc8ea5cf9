// A network with nothing but loopback and the registry on it, so that a case that needs anything else fails.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Whether this process may make one: as root, on Linux. */
export function canIsolate() {
  return process.getuid() === 0 && spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
}

/** Offers what listens on a port of this network as a socket file, which can be reached from any network. */
export function offer(port, socket) {
  return forward(socket, { host: '127.0.0.1', port });
}

/** In a new network: brings up loopback, and has what the socket file leads to listen on its port there, too. */
export function enter(port, socket) {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  return forward({ host: '127.0.0.1', port }, { path: socket });
}

async function forward(from, to) {
  const server = createServer((client) => {
    const other = connect(to);
    client.pipe(other).pipe(client);
    client.on('error', () => other.destroy());
    other.on('error', () => client.destroy());
  });
  await once(server.listen(from), 'listening');
  server.unref();
}
