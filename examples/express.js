// An Express app on the tailnet that knows who is calling.
//
//   TS_AUTHKEY=tskey-auth-… node examples/express.js
import express from 'express';
import { Tailnet } from 'tsexpose';
import { tailscale } from 'tsexpose/express';

const tailnet = await Tailnet.up({ hostname: 'express-example' });
const app = express();

app.use(tailscale());
app.get('/', (req, res) => {
  res.send(`Hello ${req.tailscale.name}, calling from ${req.tailscale.node.name}.\n`);
});
app.use('/ci', tailscale({ allow: 'tag:ci' }));
app.get('/ci', (_req, res) => {
  res.send('Only devices tagged tag:ci can see this.\n');
});

tailnet.createServer(app).listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', () => tailnet.close());
