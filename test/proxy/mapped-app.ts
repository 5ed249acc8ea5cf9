/** An app whose headers are up to the test, behind a proxy that calls itself `app`. */
import { OwnHosts } from '../../src/proxy/request/own-hosts.ts';
import { exchangeRaw, type RigOptions, startApp, startProxy } from './rig.ts';

export const own = new OwnHosts([], {
  names: ['app', 'app.tail1234.ts.net'],
  origins: ['http://app', 'https://app.tail1234.ts.net'],
});

/** Starts an app that responds with the headers in the query, and returns what a caller gets of one. */
export async function behind(options: (port: number) => [target: string, RigOptions?]) {
  const { port } = await startApp((request, response) => {
    const query = new URLSearchParams(request.url!.split('?')[1]);
    response.writeHead(
      302,
      [...query].flat().map((text) => text.replaceAll('PORT', String(port))),
    );
    response.end(JSON.stringify([request.method, request.url!.split('?')[0], request.headers]));
  });
  const [target, more = {}] = options(port);
  const proxy = await startProxy(target, { own, ...more });
  const send = (method: string, path: string, fields: string[]) =>
    exchangeRaw(
      proxy.port,
      [`${method} ${path} HTTP/1.1`, 'Host: app', 'Connection: close', ...fields, '', ''].join('\r\n'),
    );
  return {
    port,
    header: async (name: string, value: string, path = '/') => {
      const answer = await send('GET', `${path}?${new URLSearchParams({ [name]: value })}`, []);
      return new RegExp(`^${name}: (.*)\\r$`, 'im').exec(answer)?.[1]?.replaceAll(String(port), 'PORT');
    },
    asked: async (method: string, path: string, ...fields: string[]) => {
      const answer = await send(method, path, fields);
      return { status: Number(answer.slice(9, 12)), seen: JSON.parse(/^\[.*\]$/m.exec(answer)?.[0] ?? '[]') };
    },
  };
}
