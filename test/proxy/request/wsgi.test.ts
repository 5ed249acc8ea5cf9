import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { alice, ci, funnelCaller, stranger } from '../../identity/callers.ts';
import { isLeftOut } from '../../requirement.ts';
import { exchangeRaw, startProxy } from '../rig.ts';

const APPLICATION = `
import sys
from wsgiref.simple_server import make_server, WSGIRequestHandler
class Quiet(WSGIRequestHandler):
    def log_message(self, *args): pass
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    names = sorted(k for k in environ if k.startswith('HTTP_'))
    return [('\\n'.join(f'{k}={environ[k]}' for k in names)).encode('latin-1')]
server = make_server('127.0.0.1', 0, application, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
`;

/** A real WSGI server that answers with what its application is told. */
async function startWsgi(): Promise<number> {
  const python = spawn('python3', ['-c', APPLICATION], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    python.kill();
  });
  return Number(String((await once(python.stdout, 'data'))[0]));
}

const hasPython = spawnSync('python3', ['-c', 'import wsgiref']).status === 0;
const noPython = isLeftOut('Python', hasPython, 'apt-get install python3');
const FORGED =
  'Tailscale_User_Login: root\r\nTAILSCALE.USER.NAME: root\r\nX_Forwarded_For: 1.1.1.1\r\nProxy: http://evil\r\n';
const REQUEST = `GET / HTTP/1.1\r\nHost: a\r\n${FORGED}Connection: close\r\n\r\n`;

describe.skipIf(noPython)('a WSGI application', () => {
  it('would take a folded name for ours, which is why there is a sanitizer', async () => {
    expect(await exchangeRaw(await startWsgi(), REQUEST)).toContain('HTTP_TAILSCALE_USER_LOGIN=root');
  });

  it('gets no identity but the real one', async () => {
    const port = await startWsgi();
    for (const caller of [alice, ci, stranger, funnelCaller]) {
      const proxy = await startProxy(`127.0.0.1:${port}`, { caller });
      const answer = await exchangeRaw(proxy.port, REQUEST);
      expect(answer).not.toMatch(/root|1\.1\.1\.1|evil/);
      const logins = answer.match(/HTTP_TAILSCALE_USER_LOGIN=.*/g) ?? [];
      expect([logins, answer]).toEqual([
        caller === alice ? ['HTTP_TAILSCALE_USER_LOGIN=alice@example.com'] : [],
        answer,
      ]);
      expect(answer).toContain(`HTTP_X_FORWARDED_FOR=${caller.ip}`);
    }
  });
});
