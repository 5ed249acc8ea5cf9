import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { METRICS_TYPE } from '../../control-socket/server.ts';
import { TsexposeError } from '../../errors.ts';
import { OwnHosts } from '../../proxy/request/own-hosts.ts';

/**
 * Serves metrics at `/metrics` on the loopback interface.
 *
 * @param read returns the metrics; undefined while the app is not on the tailnet yet
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION` if the port is taken
 */
export async function serveMetrics(port: number, read: () => Promise<string | undefined>): Promise<Server> {
  // The loopback interface alone: no web page may read the metrics by pointing its name at it.
  const own = new OwnHosts();
  const server = createServer(async ({ headers: { host = '' }, method, url = '' }, response) => {
    const reply = (status: number, text: string) =>
      void response.writeHead(status, { 'content-type': METRICS_TYPE }).end(method === 'HEAD' ? '' : text);
    // rule: a web page cannot read the metrics under a name of its own (DNS rebinding)
    if (!own.serves(host)) return reply(421, 'Open the metrics at 127.0.0.1 or localhost.\n');
    if (url.split('?')[0] !== '/metrics') return reply(404, 'The metrics are at /metrics.\n');
    if (method !== 'GET' && method !== 'HEAD') return reply(405, 'Method not allowed\n');
    try {
      const text = await read();
      reply(text === undefined ? 503 : 200, text ?? 'The app is not on the tailnet yet.\n');
    } catch (error) {
      reply(503, `${(error as Error).message}\n`);
    }
  });
  try {
    // rule: metrics are for this machine alone — mutate: '127.0.0.1' => '0.0.0.0'
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `Cannot serve metrics on 127.0.0.1:${port} (${code}).`;
    throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions: ['--metrics 0'], cause });
  }
  return server.unref();
}

/** Returns where metrics are served. */
export function metricsUrl(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}
