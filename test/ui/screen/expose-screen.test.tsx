import { render } from 'ink-testing-library';
import { describe, expect, it, vi } from 'vitest';
import type { ExposeEvent } from '../../src/events.ts';
import { type ExposeModel, initialModel, nextModel } from '../../src/ui/expose-model.ts';
import { ExposeScreen } from '../../src/ui/expose-screen.tsx';

// Where CI is set, Ink draws nothing before the end; it looks once, when it is loaded.
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
  it('says that the node starts', () => {
    expect(draw(modelAfter())).toMatchInlineSnapshot(`
      "
      ○ starting · Ctrl-C to stop"
    `);
  });

  it('shows the login page and what to do with it', () => {
    expect(draw(modelAfter({ event: 'login', url: 'https://login.example.com/a/1' }))).toMatchInlineSnapshot(`
      "
      ╭─────────────────────────────────────────────────────────────────────────╮
      │  To add myapp to your tailnet, open this page in a browser and log in:  │
      │  https://login.example.com/a/1                                          │
      │  Any device will do. This screen goes on by itself.                     │
      ╰─────────────────────────────────────────────────────────────────────────╯

      ○ waiting for a login · Ctrl-C to stop"
    `);
  });

  it('shows where the internet can come in', () => {
    const urls = ['https://myapp.tail1.ts.net'];
    expect(draw(modelAfter({ ...ready, urls, public: urls }))).toContain(`on the public internet: ${urls[0]}`);
    expect(draw(modelAfter(ready, { event: 'addresses', urls, public: urls }))).toContain('on the public internet');
    expect(draw(modelAfter(ready))).not.toContain('internet');
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

  it('drops the frame where it would break an address', () => {
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

      Open it from this machine as
        alice@example.com  http://127.0.0.1:4001
        ci (tag:ci)        http://127.0.0.1:4002

      ● running · Ctrl-C to stop"
    `);
  });

  it('takes the login page away once the node runs, and shows it again when the key has expired', () => {
    const login: ExposeEvent = { event: 'login', url: 'https://login.example.com/a/1' };
    expect(draw(modelAfter(login, { event: 'state', state: 'running' }))).not.toContain('login.example.com');
    const expired = draw(modelAfter(login, ready, { event: 'state', state: 'needs-login' }, login));
    expect(expired).toContain('https://login.example.com/a/1');
    expect(expired).toContain('waiting for a login');
  });

  it('says how to leave at once while it stops', () => {
    expect(draw({ ...modelAfter(ready), state: 'stopping' })).toContain('stopping · Ctrl-C again to leave at once');
  });

  it('says why it stopped', () => {
    expect(draw(modelAfter(ready, { event: 'closed', reason: 'the node was removed' }))).toContain(
      'stopped · the node was removed',
    );
  });

  it('shows control characters of a name instead of obeying them', () => {
    const doors = [{ who: 'al\u001b[2Jice', url: 'http://127.0.0.1:4001' }];
    expect(draw({ ...modelAfter(ready), doors })).toContain('al\\u001b[2Jice');
  });
});
