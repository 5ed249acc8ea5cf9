/** Three callers at once, over connections that are used again on both sides: none is ever taken for another. */
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { useFronts } from '../expose/rig.ts';

/** How many requests in all; the long form has 200,000. */
const REQUESTS = Number(process.env.TSEXPOSE_TEST_REQUESTS ?? 6_000);
const CONNECTIONS = 8;
const CALLERS = { bob: 'bob@example.com', carol: 'carol@example.com', 'ci-runner': '' };

describe('callers', () => {
  const front = useFronts();
  afterEach(() => {
    delete process.env.TSEXPOSE_FAST_PATH;
  });

  it.each(['on', 'off'])('are never mixed up with the fast path %s', { timeout: 600_000 }, async (mode) => {
    process.env.TSEXPOSE_FAST_PATH = mode;
    const reused = new Set<number>();
    const app = await front.service((request, response) => {
      reused.add(request.socket.remotePort!);
      response.end(`${request.headers['tailscale-user-login'] ?? ''} ${request.url}`);
    });
    await front.expose(app, { https: 'off' });

    const ask = async (port: number, agent: Agent, path: string): Promise<string> => {
      const headers = { host: 'app', 'tailscale-user-login': 'root@example.com' };
      const [response] = await once(get({ host: '127.0.0.1', port, path, agent, headers }), 'response');
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      return text;
    };
    let mixed = 0;
    const callers = Object.entries(CALLERS).map(async ([who, login]) => {
      const { port } = await front.door(who, 'app:80');
      const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
      front.ends.push(() => agent.destroy());
      const workers = Array.from({ length: CONNECTIONS }, async (_, worker) => {
        for (let i = 0; i < REQUESTS / 2 / 3 / CONNECTIONS; i++) {
          const path = `/${who}/${worker}/${i}`;
          if ((await ask(port, agent, path)) !== `${login} ${path}`) mixed++;
        }
      });
      await Promise.all(workers);
    });
    await Promise.all(callers);
    expect(mixed).toBe(0);
    // The connections to the app were used by all of them.
    expect(reused.size).toBeLessThan(REQUESTS / 20);
  });
});
