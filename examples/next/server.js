// A Next.js app with a custom server on the tailnet.
//
//   npm install --prefix examples/next
//   TS_AUTHKEY=tskey-auth-… node examples/next/server.js
import next from 'next';
import { Tailnet } from 'tsexpose';

const tailnet = await Tailnet.up({ hostname: 'next-example' });
const server = tailnet.createServer((req, res) => handle(req, res));
const app = next({
  dev: process.env.NODE_ENV !== 'production',
  dir: import.meta.dirname,
  hostname: tailnet.fqdn,
  port: 80,
  httpServer: server,
});
const handle = app.getRequestHandler();

await app.prepare();
server.listen(80, () => console.log(`http://${tailnet.fqdn}`));
process.once('SIGINT', async () => {
  await tailnet.close();
  await app.close();
  // In development, Next.js keeps watching files.
  process.exit();
});
