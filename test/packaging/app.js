// An app as its author writes it, for the tests to bundle: it exposes itself on a sandbox, and calls itself as Bob.
import { createServer } from 'node:http';
import { expose, Sandbox, Tailnet } from 'tsexpose';

async function main() {
  const sandbox = await Sandbox.start();
  const server = createServer((request, response) => response.end(request.headers['tailscale-user-login']));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { controlUrl } = sandbox;
  const target = String(server.address().port);
  const alice = { name: 'app', https: 'off', ephemeral: true, controlUrl, authKey: sandbox.authKey('alice') };
  const exposure = await expose({ target, ...alice });
  const bob = await Tailnet.up({ hostname: 'bob', ephemeral: true, controlUrl, authKey: sandbox.authKey('bob') });
  const response = await bob.fetch(exposure.urls[0]);
  console.log(await response.text());
  await bob.close();
  await exposure.close();
  server.close();
  await sandbox.close();
}

main();
