import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkTargets, Metrics } from '../../../src/cli/telemetry/metrics.ts';
import { metricsUrl, serveMetrics } from '../../../src/cli/telemetry/metrics-server.ts';
import type { RequestEvent } from '../../../src/events.ts';
import { parseTarget } from '../../../src/proxy/target/target.ts';
import { freePort } from '../../free-port.ts';

const event = (parts: Partial<RequestEvent>): RequestEvent => ({
  ...{ event: 'request', method: 'GET', path: '/', status: 200, ms: 30, bytes: 10 },
  caller: { kind: 'user', who: 'alice@example.com', ip: '100.64.0.1' },
  ...parts,
});

async function serve(read: () => Promise<string | undefined>) {
  const server = await serveMetrics(0, read);
  onTestFinished(() => void server.close());
  return { server, url: metricsUrl(server) };
}

/** Returns the status of a request with a Host. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const [response] = await once(request(url, { headers: { host }, agent: false }).end(), 'response');
  response.resume();
  return response.statusCode;
}

describe('metrics', () => {
  it('count requests by class of the status and kind of the caller, with durations and bytes', () => {
    const metrics = new Metrics();
    metrics.observe(event({}));
    metrics.observe(event({ status: 204, ms: 20_000, bytes: 0 }));
    metrics.observe(
      event({ status: 502, error: 'connection_refused', caller: { kind: 'tagged', who: 'ci', ip: '1' } }),
    );
    metrics.observe(event({ status: 0 }));
    metrics.observe({ event: 'connection', port: 80, caller: { kind: 'user', who: 'alice', ip: '1' } });
    const text = metrics.text({ running: true, connections: 3, targets: [{ url: 'unix:/a"b', up: false }] });
    for (const line of [
      'tsexpose_requests_total{status="2xx",caller="user"} 2',
      'tsexpose_requests_total{status="5xx",caller="tagged"} 1',
      'tsexpose_requests_total{status="none",caller="user"} 1',
      'tsexpose_response_bytes_total{caller="user"} 20',
      'tsexpose_target_errors_total{error="connection_refused"} 1',
      'tsexpose_connections_total{caller="user"} 1',
      'tsexpose_request_duration_seconds_bucket{le="0.025"} 0',
      'tsexpose_request_duration_seconds_bucket{le="0.05"} 3',
      'tsexpose_request_duration_seconds_bucket{le="10"} 3',
      'tsexpose_request_duration_seconds_bucket{le="+Inf"} 4',
      'tsexpose_request_duration_seconds_count 4',
      'tsexpose_open_connections 3',
      'tsexpose_target_up{target="unix:/a\\"b"} 0',
      'tsexpose_node_running 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    // Prometheus refuses a text without a line end, and a family without a type.
    expect(text).toMatch(/\n$/);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) tsexpose_\w+ .+|tsexpose_\w+(\{.*\})? [\d.e+-]+)$/);
  });

  it('say whether targets accept connections', async () => {
    const app = createNetServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(app, 'listening');
    onTestFinished(() => void app.close());
    const { port } = app.address() as AddressInfo;
    const targets = [`127.0.0.1:${port}`, `127.0.0.1:${await freePort()}`, 'text:hello'].map(parseTarget);
    expect((await checkTargets(targets)).map(({ up }) => up)).toEqual([true, false, true]);
  });
});

describe('the server of metrics', () => {
  it('is on the loopback interface, for its own names, at /metrics', async () => {
    const { server, url } = await serve(async () => 'a 1\n');
    expect((server.address() as AddressInfo).address).toBe('127.0.0.1');
    const response = await fetch(url);
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/plain; version=0.0.4; charset=utf-8',
      'a 1\n',
    ]);
    expect(await statusFor(url, 'localhost:9')).toBe(200);
    expect(await statusFor(url, 'attacker.example')).toBe(421);
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('has nothing before the app is on the tailnet', async () => {
    expect((await fetch((await serve(async () => undefined)).url)).status).toBe(503);
  });

  it('says that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    await expect(serveMetrics(port, async () => '')).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_INVALID_OPTION',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });
});
