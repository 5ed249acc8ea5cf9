import { render } from 'ink-testing-library';
import { describe, expect, it, vi } from 'vitest';
import type { ExposeEvent } from '../../../src/events.ts';
import { type ExposeModel, endedModel, initialModel, nextModel } from '../../../src/ui/screen/expose-model.ts';
import { ExposeScreen } from '../../../src/ui/screen/expose-screen.tsx';
import { type KeyModel, NO_KEYS } from '../../../src/ui/screen/key-line.tsx';
import { alice, ci } from '../../identity/callers.ts';

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

interface Shape {
  columns?: number;
  rows?: number;
  keys?: KeyModel;
}

/** Returns the screen as text, without the links. */
function draw(model: ExposeModel, { columns = 80, rows = 40, keys }: Shape = {}): string {
  const view = <ExposeScreen model={model} keys={keys} columns={columns} rows={rows} color={false} />;
  const { lastFrame, unmount } = render(view);
  unmount();
  return lastFrame()!.replace(/\u001b\]8;;[^\u0007]*\u0007/g, '');
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
      │  █▀▀▀▀▀▀▀█▀█▀▀▀█▀███▀▀▀▀▀▀▀█                                            │
      │  █ █▀▀▀█ ██▄ █▀ ▀▀ █ █▀▀▀█ █                                            │
      │  █ █   █ ██▀██▀▄██ █ █   █ █                                            │
      │  █ ▀▀▀▀▀ █▀█ ▄▀█▀█ █ ▀▀▀▀▀ █                                            │
      │  █▀▀█▀▀█▀█▄▀  ▀▄ ███▀█████▀█                                            │
      │  █ █▀▀▀▄▀▀▄▄▀ ▄▄▄ ▀██▄  ▄▄▀█                                            │
      │  █▄ ▄ ██▀▄▀ ▄  ██▀▀█▀ ▄▄▄▄ █                                            │
      │  █ ▀█▀▀▀▀ ▄ █▄█    ▀▀█ ▀▀ ▀█                                            │
      │  █ █▀▀▀ ▀ ▄█▄▄▀▀▀▄▀ ▀ ▀▄ ▀▄█                                            │
      │  █▀▀▀▀▀▀▀█▄  ▀▄▄██ █▀█ █▄▄▀█                                            │
      │  █ █▀▀▀█ █▀▄▄▀▀▄ ▀ ▀▀▀ ██ ▄█                                            │
      │  █ █   █ █▄▀█ █▀ █▀ ▄█▀▀▀  █                                            │
      │  █ ▀▀▀▀▀ █ ▀▄█▀█▄█▀▄▀▄▄▀▄▄ █                                            │
      │  ▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀                                            │
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

  it('shows the addresses, the target, and how many requests there are', () => {
    const traffic = { total: 1234, rate: 12.4, p50: 3.21, p99: 1400 };
    expect(draw({ ...modelAfter(ready), traffic })).toMatchInlineSnapshot(`
      "
      ╭─────────────────────────────╮
      │  http://myapp.tail1.ts.net  │
      │  http://myapp               │
      │  → http://localhost:3000    │
      ╰─────────────────────────────╯

      ● running · Ctrl-C to stop
      1,234 requests · 12/s · p50 3.2 ms · p99 1.4 s"
    `);
  });

  it('leaves out a frame that would break an address', () => {
    expect(draw(modelAfter(ready), { columns: 30 })).toMatchInlineSnapshot(`
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

  it('says in one line how it ended', () => {
    const traffic = { total: 1, rate: 0 };
    const closed: ExposeEvent = { event: 'closed', reason: 'interrupted' };
    expect(draw({ ...modelAfter(ready, closed), traffic })).toBe('○ stopped · interrupted · 1 request');
    expect(draw(endedModel(modelAfter()))).toBe('○ could not start');
    expect(draw(endedModel(modelAfter(ready)))).toBe('○ stopped');
  });

  it('shows whether the target is up', () => {
    expect(draw({ ...modelAfter(ready), down: [] })).toContain('→ http://localhost:3000 · up');
    const down = draw({ ...modelAfter(ready), down: ['http://localhost:3000'] });
    expect(down).toContain('→ http://localhost:3000 · down');
    expect(down).toContain('○ running · the app is down');
  });

  it('shows who is connected', () => {
    const callers = [
      { identity: alice, connections: 2, webSockets: 1 },
      { identity: ci, connections: 1, webSockets: 0 },
    ];
    const lines = draw({ ...modelAfter(ready), callers }).split('\n');
    expect(lines).toContain('2 connected');
    expect(lines).toContain(`AE ${alice.login}  ${alice.node!.name}  1 WebSocket`);
    expect(lines).toContain(`CR ${ci.node!.tags.join(', ')}  ${ci.node!.name}`);
  });

  it('shows the keys, and what they do', () => {
    expect(draw(modelAfter(ready), { keys: NO_KEYS })).toContain('q quit · o open · c copy · r QR · f filter · ? help');
    expect(draw(modelAfter(ready), { keys: NO_KEYS, columns: 40 })).toContain('q o c r f · ? help');
    expect(draw(modelAfter(ready), { keys: { ...NO_KEYS, panel: 'help' } })).toMatch(/^ {2}c {5}copy the URL$/m);
    expect(draw(modelAfter(ready), { keys: { ...NO_KEYS, panel: 'qr' } })).toMatch(/^█▀▀▀▀▀▀▀█/m);
    expect(draw(modelAfter(ready), { keys: { ...NO_KEYS, isFiltering: true, filter: 'al' } })).toContain('filter › al');
    expect(draw(modelAfter(ready), { keys: { ...NO_KEYS, filter: 'al' } })).toContain('filter: al · q quit');
  });

  it('shows the login page as a QR code too if there is room', () => {
    const login: ExposeEvent = { event: 'login', url: 'https://login.example.com/a/1' };
    expect(draw(modelAfter(login), { keys: NO_KEYS })).toContain('█▀▀▀▀▀▀▀█');
    expect(draw(modelAfter(login), { keys: NO_KEYS })).toContain('Enter log in');
    expect(draw(modelAfter(login), { rows: 15 })).not.toContain('█▀▀▀▀▀▀▀█');
  });

  it.each([5, 10, 15, 24])('fits into %i rows, with what matters most', (rows) => {
    const doors = ['alice', 'bob', 'carol'].map((who, index) => ({ who, url: `http://127.0.0.1:${4001 + index}` }));
    const callers = Array.from({ length: 12 }, () => ({ identity: alice, connections: 1, webSockets: 0 }));
    const traffic = { total: 7, rate: 1, p50: 1, p99: 2 };
    for (const columns of [40, 80]) {
      const screen = draw({ ...modelAfter(ready), doors, callers, traffic }, { keys: NO_KEYS, rows, columns });
      expect(screen.split('\n').length).toBeLessThanOrEqual(rows - 2);
      expect(screen).toContain('http://myapp.tail1.ts.net');
      expect(screen).toContain('● running');
    }
  });

  it('shows the whole URL of each door in 40 columns', () => {
    const doors = [{ who: 'alice@example.com', url: 'http://127.0.0.1:40001' }];
    expect(draw({ ...modelAfter(ready), doors }, { columns: 40 })).toContain('  alice  http://127.0.0.1:40001');
  });

  it('escapes control characters in names', () => {
    const doors = [{ who: 'al\u001b[2Jice', url: 'http://127.0.0.1:4001' }];
    expect(draw({ ...modelAfter(ready), doors })).toContain('al\\u001b[2Jice');
  });
});
