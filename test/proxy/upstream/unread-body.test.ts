import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { alice } from '../../identity/callers.ts';
import { isLeftOut } from '../../requirement.ts';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

/** Python's own server, which keeps connections open and reads a body only if the application does. */
const APPLICATION = `
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class App(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def answer(self):
        text = f"{self.command} {self.path} {self.headers['Tailscale-User-Login']}\\n"
        sys.stdout.write(text); sys.stdout.flush()
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    do_GET = do_POST = do_PUT = do_DELETE = answer
    def log_message(self, *args): pass
server = ThreadingHTTPServer(('127.0.0.1', 0), App)
print(server.server_port, flush=True)
server.serve_forever()
`;
const hasPython = spawnSync('python3', ['-c', 'import http.server']).status === 0;
const noPython = isLeftOut('Python', hasPython, 'apt-get install python3');

async function startPython() {
  const python = spawn('python3', ['-u', '-c', APPLICATION], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    python.kill();
  });
  let log = '';
  const port = Number(String((await once(python.stdout, 'data'))[0]));
  python.stdout.on('data', (chunk) => {
    log += chunk;
  });
  return { port, requests: () => log.split('\n').filter((line) => line !== '') };
}

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\nTailscale-User-Login: root@evil\r\n\r\n';
const CLOSE = 'Connection: close\r\n\r\n';
const bob = { ...alice, login: 'bob@example.com' };

describe.skipIf(noPython)('an app that leaves a body unread', () => {
  const chunked = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;

  it.each([
    ['a POST', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n${CLOSE}${HIDDEN}`],
    ['a GET', `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n${CLOSE}${HIDDEN}`],
    ['a DELETE', `DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n${CLOSE}${HIDDEN}`],
    ['a body in chunks', `PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${CLOSE}${chunked}`],
    [
      'a body that is expected to continue',
      `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${HIDDEN.length}\r\n${CLOSE}${HIDDEN}`,
    ],
    [
      'an offer that is ignored',
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ],
  ])('does not take it for a request: %s', async (_, bytes) => {
    const python = await startPython();
    let caller = alice;
    const proxy = await startProxy(python.port, { identify: () => caller });
    expect(await exchangeRaw(proxy.port, bytes)).toMatch(/ \/ alice@example\.com\n/);
    caller = bob;
    for (const path of ['/one', '/two', '/three']) {
      expect(await (await fetch(proxy.url + path)).text()).toBe(`GET ${path} bob@example.com\n`);
    }
    expect(python.requests()).toHaveLength(4);
    expect(python.requests().join('\n')).not.toMatch(/hidden|root/);
  });

  it('does not take it for a request: by HTTP/2', async () => {
    const python = await startPython();
    let caller = alice;
    const rig = await startSecureProxy(python.port, { identify: () => caller });
    const session = openSession(rig.port);
    const { text } = await ask(session, { ':path': '/', ':method': 'POST' }, HIDDEN);
    expect(text).toBe('POST / alice@example.com\n');
    caller = bob;
    expect((await ask(session, { ':path': '/one' })).text).toBe('GET /one bob@example.com\n');
    expect((await ask(session, { ':path': '/two' })).text).toBe('GET /two bob@example.com\n');
    expect(python.requests()).toHaveLength(3);
  });
});

describe('a connection to the target', () => {
  it('is used again unless it has carried a body or an upgrade', async () => {
    const { port } = await startApp((request, response) => {
      response.setHeader('X-Port', String(request.socket.remotePort));
      request.resume().on('end', () => response.end(String(request.headers.connection)));
    });
    const proxy = await startProxy(port);
    const send = async (bytes: string) => {
      const answer = await exchangeRaw(proxy.port, bytes);
      return [/X-Port: (\d+)/.exec(answer)![1]!, answer.trim().split('\n').at(-1)!];
    };
    const get = `GET / HTTP/1.1\r\nHost: a\r\n${CLOSE}`;
    const empty = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${CLOSE}`;
    const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n${CLOSE}hi`;
    const offer =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n';
    const [first] = await send(get);
    expect((await send(empty))[0]).toBe(first);
    expect((await send(get))[0]).toBe(first);
    const [second, said] = await send(post);
    expect(said).toBe('close');
    const [third] = await send(get);
    expect(third).not.toBe(second);
    await send(offer);
    expect((await send(get))[0]).not.toBe(third);
  });
});
