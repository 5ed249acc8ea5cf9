import { render } from 'ink-testing-library';
import { describe, expect, it, vi } from 'vitest';
import type { ExposeEvent } from '../../../src/events.ts';
import { type ExposeModel, initialModel, nextModel } from '../../../src/ui/screen/expose-model.ts';
import { ExposeScreen } from '../../../src/ui/screen/expose-screen.tsx';

// With CI set, ink draws only the last frame; it reads the variable once, when it is loaded.
vi.hoisted(() => vi.stubEnv('CI', 'false'));

const ready: ExposeEvent = {
  event: 'ready',
  name: 'myapp',
  fqdn: 'myapp.tail1.ts.net',
  urls: ['http://myapp.tail1.ts.net', 'http://myapp'],
  ips: ['100.64.0.1'],
  target: 'http://localhost:3000',
};
const request: ExposeEvent = {
  event: 'request',
  method: 'GET',
  path: '/',
  status: 200,
  ms: 1,
  bytes: 2,
  caller: { kind: 'user', who: 'alice@example.com', ip: '100.64.0.2' },
};

function draw(model: ExposeModel, columns = 80): string {
  const { lastFrame, unmount } = render(<ExposeScreen model={model} columns={columns} color={false} />);
  unmount();
  return lastFrame()!;
}
const modelAfter = (...events: ExposeEvent[]) => events.reduce(nextModel, initialModel('myapp'));

describe('ExposeScreen', () => {
  it('shows that the node is starting', () => {
    expect(draw(modelAfter())).toMatchInlineSnapshot(`
      "
      ○ starting · Ctrl-C to stop"
    `);
  });

  it('shows the login page with instructions', () => {
    expect(draw(modelAfter({ event: 'login', url: 'https://login.example.com/a/1' }))).toMatchInlineSnapshot(`
      "
      ╭─────────────────────────────────────────────────────────────────────────╮
      │  To add myapp to your tailnet, open this page in a browser and log in:  │
      │  https://login.example.com/a/1                                          │
      │  Any device works. This screen updates by itself.                       │
      ╰─────────────────────────────────────────────────────────────────────────╯

      ○ waiting for login · Ctrl-C to stop"
    `);
  });

  it('names the URLs open to the internet', () => {
    const urls = ['https://myapp.tail1.ts.net'];
    expect(draw(modelAfter({ ...ready, urls, public: urls }))).toContain(`on the public internet: ${urls[0]}`);
    expect(draw(modelAfter(ready, { event: 'addresses', urls, public: urls }))).toContain('on the public internet');
    expect(draw(modelAfter(ready))).not.toContain('internet');
  });

  it('says that a certificate is on its way until HTTPS is there, or until it has failed', () => {
    const requested: ExposeEvent = { event: 'certificate', state: 'requested', domain: ready.fqdn };
    const words = '● running · getting a certificate for HTTPS · Ctrl-C to stop';
    expect(draw(modelAfter(requested, ready))).toContain(words);
    expect(draw(modelAfter(ready, requested))).toContain(words);
    const ends: ExposeEvent[] = [
      { ...requested, state: 'ready' },
      { event: 'warning', code: 'CERTIFICATE', message: 'Could not get a certificate.' },
    ];
    for (const end of ends) expect(draw(modelAfter(ready, requested, end))).toContain('● running · Ctrl-C to stop');
  });

  it('shows the addresses, the target and the number of requests', () => {
    expect(draw(modelAfter(ready, request, request))).toMatchInlineSnapshot(`
      "
      ╭─────────────────────────────╮
      │  http://myapp.tail1.ts.net  │
      │  http://myapp               │
      │  → http://localhost:3000    │
      ╰─────────────────────────────╯

      ● running · 2 requests · Ctrl-C to stop"
    `);
  });

  it('leaves out a frame that would break an address', () => {
    expect(draw(modelAfter(ready), 30)).toMatchInlineSnapshot(`
      "
      http://myapp.tail1.ts.net
      http://myapp
      → http://localhost:3000

      ● running · Ctrl-C to stop"
    `);
  });

  it('lists the doors of a sandbox', () => {
    const doors = [
      { who: 'alice@example.com', url: 'http://127.0.0.1:4001' },
      { who: 'ci (tag:ci)', url: 'http://127.0.0.1:4002' },
    ];
    expect(draw({ ...modelAfter(ready), doors })).toMatchInlineSnapshot(`
      "
      ╭─────────────────────────────╮
      │  http://myapp.tail1.ts.net  │
      │  http://myapp               │
      │  → http://localhost:3000    │
      ╰─────────────────────────────╯

      Open it on this machine as
        alice@example.com  http://127.0.0.1:4001
        ci (tag:ci)        http://127.0.0.1:4002

      ● running · Ctrl-C to stop"
    `);
  });

  it('keeps the columns of its doors straight for wide characters', () => {
    const doors = [
      { who: '田中 (tag:ci)', url: 'http://127.0.0.1:4001' },
      { who: 'alice@example.com', url: 'http://127.0.0.1:4002' },
    ];
    const lines = draw({ ...modelAfter(ready), doors }).split('\n');
    expect(lines).toContain('  田中 (tag:ci)      http://127.0.0.1:4001');
    expect(lines).toContain('  alice@example.com  http://127.0.0.1:4002');
  });

  it('hides the login page once the node is running, and shows it again when the key expires', () => {
    const login: ExposeEvent = { event: 'login', url: 'https://login.example.com/a/1' };
    expect(draw(modelAfter(login, { event: 'state', state: 'running' }))).not.toContain('login.example.com');
    const expired = draw(modelAfter(login, ready, { event: 'state', state: 'needs-login' }, login));
    expect(expired).toContain('https://login.example.com/a/1');
    expect(expired).toContain('waiting for login');
  });

  it('says how to quit immediately while it stops', () => {
    expect(draw({ ...modelAfter(ready), state: 'stopping' })).toContain('stopping · Ctrl-C again to quit immediately');
  });

  it('says why it stopped', () => {
    expect(draw(modelAfter(ready, { event: 'closed', reason: 'the node was removed' }))).toContain(
      'stopped · the node was removed',
    );
  });

  it('escapes control characters in names', () => {
    const doors = [{ who: 'al\u001b[2Jice', url: 'http://127.0.0.1:4001' }];
    expect(draw({ ...modelAfter(ready), doors })).toContain('al\\u001b[2Jice');
  });
});
