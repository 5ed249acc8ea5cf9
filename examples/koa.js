// A Koa app on the tailnet that knows who is calling.
//
//   TS_AUTHKEY=tskey-auth-… node examples/koa.js
import Koa from 'koa';
import { Tailnet } from 'tsexpose';

const tailnet = await Tailnet.up({ hostname: 'koa-example' });
const app = new Koa();

app.use(async (context) => {
  const caller = context.req.tailscale;
  context.body = `Hello ${caller.name}, calling from ${caller.node.name}.\n`;
});

tailnet.createServer(app.callback()).listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', () => tailnet.close());
