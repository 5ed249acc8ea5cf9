/** No server behind tsexpose reads a request that its caller has hidden in another. */
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { useFronts } from '../expose/rig.ts';
import { installed, startServer } from './servers/servers.ts';
import { SMUGGLING } from './smuggling.ts';

/** Sends bytes, ends, and reads until the connection closes or stays silent. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  socket.setTimeout(2000, () => socket.destroy());
  socket.write(bytes, 'latin1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    socket.setTimeout(150);
  });
  await once(socket, 'close');
  return text;
}

describe.each(installed)('%s', (name) => {
  const front = useFronts();
  afterEach(() => {
    delete process.env.TSEXPOSE_FAST_PATH;
  });

  it.each(['on', 'off'])('reads no hidden request, with the fast path %s', { timeout: 120_000 }, async (mode) => {
    process.env.TSEXPOSE_FAST_PATH = mode;
    const server = await startServer(name);
    front.ends.push(() => server.close());
    await front.expose(server.port, { https: 'off' });
    const bob = await front.door('bob', 'app:80');
    const ci = await front.door('ci-runner', 'app:80');
    server.requests();
    const sent = new Map<string, { about: string; text: string; next: string }>();
    const waiting = Object.entries(SMUGGLING).map(([about, bytes], i) => ({ about, bytes, id: String(i + 10) }));
    const one = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const { about, bytes, id } = next;
        const text = await send(bob.port, bytes.replaceAll('/00', `/${id}`));
        // The next caller may get a connection that still has the rest of it.
        const request = `GET /next/${id} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n`;
        sent.set(id, { about, text, next: await send(ci.port, request) });
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));

    const found: string[] = [];
    const requests = server.requests();
    const forged = requests.filter((line) => line.includes('root@evil'));
    if (forged.length > 0) found.push(`a forged identity: ${forged}`);
    for (const [id, { about, text, next }] of sent) {
      const mine = requests.filter((line) => line.includes(`/${id}`) && !line.includes(`/next/${id}`));
      const say = (problem: string) => found.push(`${about}: ${problem}\n${mine.join('\n')}\n${text}`);
      if (text === '') say('no response');
      if (mine.some((line) => !line.includes('bob@example.com'))) say('a request of someone else');
      // A caller may ask for /hidden as itself, if all readings say so; then it gets a response to each request.
      const responses = text.match(/^HTTP\/1\.1 (?!100)\d+ /gm)?.length ?? 0;
      if (mine.length > responses) say(`${mine.length} requests, ${responses} responses`);
      if (!next.startsWith('HTTP/1.1 200 ') || !next.includes(`GET /next/${id} `)) say(`the next caller got ${next}`);
    }
    expect(found).toEqual([]);
  });
});
