import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns a loopback port that nothing listens on, for programs that need a port number. It lies below the range from
 * which systems assign port 0 (32768 and up on Linux, 49152 on macOS), so that no other test gets it in the meantime.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isTaken = await once(server, 'listening').then(
    () => false,
    () => true,
  );
  if (isTaken) return freePort();
  await new Promise((closed) => server.close(closed));
  return port;
}
