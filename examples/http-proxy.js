// A reverse proxy of your own on the tailnet, by http-proxy-3. The app behind it is told who is calling, and callers
// cannot claim to be someone else.
//
//   TS_AUTHKEY=tskey-auth-… TARGET=http://127.0.0.1:3000 node examples/http-proxy.js
import { createProxyServer } from 'http-proxy-3';
import { identityHeaders, Tailnet } from 'tsexpose';

const tailnet = await Tailnet.up({ hostname: 'http-proxy-example' });
const proxy = createProxyServer({ target: process.env.TARGET ?? 'http://127.0.0.1:3000' });
proxy.on('error', (_error, _req, res) => {
  if ('writeHead' in res && !res.headersSent) res.writeHead(502).end('The app does not respond.\n');
  else res.destroy();
});

// Before the proxy reads them: 'proxyReq' is too late, since http-proxy-3 does not emit it with `Expect: 100-continue`.
function sanitized(req) {
  req.headers = identityHeaders(req);
  return req;
}

const server = tailnet.createServer((req, res) => {
  sanitized(req);
  // http-proxy-3 gives these a length of 0, and what they carry would be the next request.
  const isBare = req.method === 'DELETE' || req.method === 'OPTIONS';
  if (isBare && req.headers['transfer-encoding']) res.writeHead(411, { Connection: 'close' }).end();
  else proxy.web(req, res);
});
server.on('upgrade', (req, socket, head) => proxy.ws(sanitized(req), socket, head));

server.listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', () => tailnet.close());
