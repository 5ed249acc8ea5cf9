// A Fastify app on the tailnet that knows who is calling.
//
//   TS_AUTHKEY=tskey-auth-… node examples/fastify.js
import fastify from 'fastify';
import { Tailnet } from 'tsexpose';
import { tailscale } from 'tsexpose/fastify';

const tailnet = await Tailnet.up({ hostname: 'fastify-example' });
const app = fastify({ serverFactory: (handler) => tailnet.createServer(handler) });

await app.register(tailscale);
app.get('/', async ({ tailscale: caller }) => `Hello ${caller.name}, calling from ${caller.node.name}.\n`);
await app.register(async (scope) => {
  await scope.register(tailscale, { allow: 'tag:ci' });
  scope.get('/ci', async () => 'Only devices tagged tag:ci can see this.\n');
});

await app.listen({ port: 80 });
console.log(`http://${tailnet.fqdn}`);
process.once('SIGINT', () => tailnet.close());
