// A Hono app on the tailnet that knows who is calling.
//
//   TS_AUTHKEY=tskey-auth-… node examples/hono.js
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Tailnet } from 'tsexpose';
import { tailscale } from 'tsexpose/hono';

const tailnet = await Tailnet.up({ hostname: 'hono-example' });
const app = new Hono();

app.use(tailscale());
app.get('/', (c) => c.text(`Hello ${c.var.tailscale.name}, calling from ${c.var.tailscale.node.name}.\n`));
app.get('/ci', tailscale({ allow: 'tag:ci' }), (c) => c.text('Only devices tagged tag:ci can see this.\n'));

serve({ fetch: app.fetch, createServer: tailnet.createServer, port: 80 }, () => {
  console.log(`http://${tailnet.fqdn}`);
});
process.once('SIGINT', () => tailnet.close());
