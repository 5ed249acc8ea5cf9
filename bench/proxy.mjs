// The proxy by itself, over plain loopback sockets: requests per second and the CPU time of the proxy's process.
//
//   npm run build:ts && node bench/proxy.mjs [--seconds 5] [--connections 16] [--bytes 1024] [--direct] [--json]
//
// The load generator and the target run in this process and the proxy in its own, so that its CPU time can be measured
// separately. `--direct` leaves out the proxy to measure the cost of the other two.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
    bytes: { type: 'string', default: '1024' },
    direct: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    dist: { type: 'string', default: new URL('../dist/', import.meta.url).href },
  },
});

if (process.send) await runProxy();
else await runBench();

async function runProxy() {
  const { ProxyServer } = await import(new URL('proxy/proxy.js', values.dist));
  const { parseTarget } = await import(new URL('proxy/target/target.js', values.dist));
  const { Gate } = await import(new URL('access/gate.js', values.dist));
  const identity = {
    kind: 'user',
    login: 'alice@example.com',
    name: 'Alice Example',
    picture: 'https://example.com/alice.png',
    userId: '1',
    groups: [],
    ip: '100.64.0.2',
    port: 1,
  };
  process.once('message', async (target) => {
    const proxy = new ProxyServer({ target: parseTarget(target), identify: () => identity, gate: new Gate() });
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => proxy.accept(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    let before = process.cpuUsage();
    process.on('message', () => {
      process.send(process.cpuUsage(before));
      before = process.cpuUsage();
    });
    process.send(server.address().port);
  });
  process.once('disconnect', () => process.exit());
}

async function runBench() {
  const body = Buffer.alloc(Number(values.bytes), 'x');
  const response = Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
  const target = net.createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(response)).on('error', () => {});
  });
  await once(target.listen(0, '127.0.0.1'), 'listening');
  let port = target.address().port;
  const proxy = values.direct
    ? undefined
    : fork(new URL(import.meta.url), process.argv.slice(2), { execArgv: process.execArgv });
  if (proxy) {
    proxy.send(`127.0.0.1:${port}`);
    [port] = await once(proxy, 'message');
  }
  await load(port, 1);
  if (proxy) await cpu(proxy);
  const seconds = Number(values.seconds);
  const requests = await load(port, seconds);
  const usage = proxy && (await cpu(proxy));
  const result = {
    requestsPerSecond: Math.round(requests / seconds),
    ...(usage && { cpuMicrosecondsPerRequest: Math.round((usage.user + usage.system) / requests) }),
    ...(usage && { userMicrosecondsPerRequest: Math.round(usage.user / requests) }),
  };
  console.log(values.json ? JSON.stringify(result) : result);
  proxy?.disconnect();
  process.exit();
}

async function cpu(proxy) {
  proxy.send('cpu');
  return (await once(proxy, 'message'))[0];
}

/** Keeps each connection busy with one request at a time and returns how many completed. */
async function load(port, seconds) {
  const request = Buffer.from(
    'GET /some/path?with=query HTTP/1.1\r\nHost: myapp.tail1234.ts.net\r\nUser-Agent: bench\r\nAccept: */*\r\n' +
      'Accept-Encoding: gzip, deflate\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef\r\n\r\n',
  );
  const until = performance.now() + seconds * 1000;
  let requests = 0;
  const one = async () => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    let missing = -1;
    await new Promise((resolve, reject) => {
      socket.on('error', reject).on('data', (chunk) => {
        if (missing < 0) {
          const end = chunk.indexOf('\r\n\r\n');
          missing = Number(/content-length: (\d+)/i.exec(chunk.latin1Slice(0, end))[1]) + end + 4;
        }
        missing -= chunk.length;
        if (missing > 0) return;
        missing = -1;
        requests++;
        if (performance.now() < until) socket.write(request);
        else resolve(socket.destroy());
      });
      socket.write(request);
    });
  };
  await Promise.all(Array.from({ length: Number(values.connections) }, one));
  return requests;
}
