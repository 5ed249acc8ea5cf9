// Vite's dev server on the tailnet, in middleware mode, hot updates included.
//
//   TS_AUTHKEY=tskey-auth-… node examples/vite/server.js
import { Tailnet } from 'tsexpose';
import { createServer } from 'vite';

const tailnet = await Tailnet.up({ hostname: 'vite-example' });
const server = tailnet.createServer((req, res) => {
  if (req.url !== '/me') return vite.middlewares(req, res);
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify(req.tailscale));
});
const vite = await createServer({
  root: import.meta.dirname,
  server: {
    middlewareMode: true,
    hmr: { server },
    // Vite refuses hosts that it does not know.
    allowedHosts: [tailnet.name, tailnet.fqdn],
  },
});

server.listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', async () => {
  await vite.close();
  await tailnet.close();
});
