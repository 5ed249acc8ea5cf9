// Vite's dev server in middleware mode on the tailnet, including hot updates.
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
    // Vite rejects requests for unknown hosts.
    allowedHosts: [tailnet.name, tailnet.fqdn],
  },
});

server.listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', async () => {
  await vite.close();
  await tailnet.close();
});
