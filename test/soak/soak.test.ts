import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { events, request, tcp, webSocket } from './exchanges.mjs';
import { Excuses, faultOf } from './outcomes.mjs';
import { slopeOf } from './resources.mjs';

describe('the soak', () => {
  const servers: net.Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const listen = async (server: net.Server) => {
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, port };
  };
  const web = (answer: (request: IncomingMessage, response: ServerResponse) => void) => listen(createServer(answer));
  const fault = (exchange: Promise<unknown>) => exchange.then(() => 'none', faultOf);
  const tokenOf = ({ url }: IncomingMessage) => new URL(url!, 'http://app').searchParams.get('token');

  it('takes the answer that the app gives to this caller for this request, and no other', async () => {
    const answering = (who: string, token?: string) =>
      web((req, res) => res.end(JSON.stringify({ who, token: token ?? tokenOf(req) })));
    expect(await fault(request(await answering('alice'), 'alice'))).toBe('none');
    expect(await fault(request(await answering('bob'), 'alice'))).toBe('wrong');
    expect(await fault(request(await answering('alice', 'of another request'), 'alice'))).toBe('wrong');
  });

  it('tells a reset from a connection that ended, and from an error page', async () => {
    const reset = await listen(net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const end = await listen(net.createServer((socket) => socket.once('data', () => socket.end())));
    const page = await web((_, res) => res.writeHead(502).end());
    expect(await fault(request(reset, 'alice'))).toBe('reset');
    expect(await fault(tcp(reset, 'alice').next())).toBe('reset');
    expect(await fault(webSocket(reset, 'alice').next())).toBe('reset');
    expect(await fault(request(end, 'alice'))).toBe('lost');
    expect(await fault(tcp(end, 'alice').next())).toBe('lost');
    expect(await fault(request(page, 'alice'))).toBe('lost');
  });

  it('loses a stream that breaks off', async () => {
    const door = await web((req, res) =>
      res.write(`data: ${JSON.stringify({ who: 'alice', token: tokenOf(req) })}\n\n`, () => res.end()),
    );
    const stream = events(door, 'alice');
    await stream.next();
    expect(await fault(stream.next())).toBe('lost');
  });

  it('loses a connection that ends between two echoes', async () => {
    const echo = net.createServer((socket) =>
      socket.once('data', (line) => {
        socket.write(`${JSON.stringify({ who: 'alice', token: String(line).trim() })}\n`, () => socket.end());
      }),
    );
    const stream = tcp(await listen(echo), 'alice');
    const ended = once(echo, 'connection').then(([socket]) => once(socket, 'close'));
    await stream.next();
    await ended;
    expect(await fault(stream.next())).toBe('lost');
  });

  it('excuses what fails while the app is gone, and nothing else', async () => {
    const excuses = new Excuses();
    const tick = () => new Promise((resolve) => setImmediate(() => resolve(performance.now()))) as Promise<number>;
    const before = await tick();
    excuses.begin();
    const meanwhile = await tick();
    expect([before, meanwhile].map((time) => excuses.cover(time))).toEqual([false, true]);
    await tick();
    excuses.end();
    const after = await tick();
    expect([before, meanwhile, after].map((time) => excuses.cover(time))).toEqual([false, true, false]);
  });

  it('finds the slope of samples', () => {
    expect(
      slopeOf([
        [1, 10],
        [2, 12],
        [3, 14],
      ]),
    ).toBeCloseTo(2);
    expect(slopeOf([[1, 10]])).toBe(0);
  });
});
