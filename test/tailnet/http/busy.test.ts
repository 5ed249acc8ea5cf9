import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { join, readAll, useSandbox } from '../pair.ts';

describe('a server whose event loop is blocked for three seconds', () => {
  useSandbox();

  it('loses none of 300 requests that arrive meanwhile, and attributes none to the wrong caller', async () => {
    const [server, ...callers] = await Promise.all([
      join('alice', 'server'),
      join('bob', 'bob'),
      join('carol', 'carol'),
      join('tag:ci', 'ci'),
    ]);
    const http = server.createServer((req, res) => {
      const { login, node } = req.tailscale!;
      res.end(`${req.url} from ${login || node?.tags} on ${node?.name}`);
    });
    await once(http.listen(80), 'listening');
    const [bob, carol, ci] = callers;
    const expected = { bob: 'bob@example.com', carol: 'carol@example.com', ci: 'tag:ci' };
    // One connection each beforehand, so that WireGuard's handshakes are done.
    for (const node of callers) (await node.dial({ host: 'server', port: 80 })).destroy();

    const asked = [bob, carol, ci].flatMap((node) =>
      Array.from({ length: 100 }, async (_, i) => {
        const socket = node!.connect({ host: 'server', port: 80, allowHalfOpen: true });
        socket.write(`GET /${node!.hostname}-${i} HTTP/1.0\r\n\r\n`);
        const answer = (await readAll(socket)).toString();
        return answer.slice(answer.indexOf('\r\n\r\n') + 4);
      }),
    );
    const until = performance.now() + 3000;
    while (performance.now() < until); // what a synchronous computation of a service does
    const answers = await Promise.all(asked);
    const wanted = Object.entries(expected).flatMap(([name, who]) =>
      Array.from({ length: 100 }, (_, i) => `/${name}-${i} from ${who} on ${name}`),
    );
    expect(answers.toSorted()).toEqual(wanted.toSorted());
    await Promise.all([server, ...callers].map((node) => node.close({ timeout: 0 })));
  });
});
