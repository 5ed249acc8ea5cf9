// Reverse proxies of other people on tailnet sockets, with the headers of identityHeaders: contestants of side-by-side.
//
//   node test/conformance/http-proxy.mjs MODULE PORT NAME [--https]     prints a line once it listens
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

/** The contestants, started as those of bench/contenders.mjs are. */
export const libraries = Object.fromEntries(['http-proxy', 'http-proxy-3'].map((name) => [name, contestant(name)]));

function contestant(module) {
  return async (sandbox, port, name, { https = false } = {}) => {
    const args = [fileURLToPath(import.meta.url), module, String(port), name, ...(https ? ['--https'] : [])];
    const env = {
      ...process.env,
      ...sandbox.env,
      TS_AUTHKEY: sandbox.authKey('alice'),
      TS_CONTROL_URL: sandbox.controlUrl,
    };
    const child = spawn(execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), exited]);
    const close = async () => {
      child.kill('SIGTERM');
      await exited;
    };
    return { pid: child.pid, close };
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , module, port, hostname, https] = argv;
  const { identityHeaders, Tailnet } = await import('../../dist/index.js');
  const { createProxyServer } = (await import(module)).default;
  const controlUrl = process.env.TS_CONTROL_URL;
  const tailnet = await Tailnet.up({ hostname, controlUrl, ephemeral: true });
  const proxy = createProxyServer({ target: `http://127.0.0.1:${port}` });
  proxy.on('error', (_error, _req, res) => {
    if (res.writeHead && !res.headersSent) res.writeHead(502).end();
    else res.destroy();
  });
  const sanitized = (req) => Object.assign(req, { headers: identityHeaders(req) });
  const listener = (req, res) => {
    sanitized(req);
    const isBare = req.method === 'DELETE' || req.method === 'OPTIONS';
    if (isBare && req.headers['transfer-encoding']) res.writeHead(411, { Connection: 'close' }).end();
    else proxy.web(req, res);
  };
  const server = https ? tailnet.createSecureServer(listener) : tailnet.createServer(listener);
  server.on('upgrade', (req, socket, head) => proxy.ws(sanitized(req), socket, head));
  server.listen(https ? 443 : 80, () => console.log(tailnet.fqdn));
  process.once('SIGTERM', () => tailnet.close({ timeout: 0 }).then(() => process.exit()));
}
