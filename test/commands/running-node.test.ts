import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNodes } from '../../src/control-socket/client.ts';
import { openControlSocket } from '../../src/control-socket/server.ts';
import type { NodeState } from '../../src/events.ts';
import { unknownIdentity } from '../../src/identity/identity.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { type Result, type Run, Surroundings, sharedApp, sharedSurroundings } from './run.ts';

sharedSandbox();
const app = sharedApp();
const surroundings = sharedSurroundings();
let web: Run;
let api: Run;
beforeAll(async () => {
  web = start(surroundings(), 'alice', 'web');
  api = start(surroundings(), 'alice', 'api');
  // HTTPS is there, too.
  await Promise.all([web.event('addresses'), api.event('addresses')]);
});
afterAll(() => Promise.all([web.stop(), api.stop()]));

function start(where: Surroundings, who: string, name: string): Run {
  return where.start([app().target, '--name', name, '--ephemeral', '--json'], envOf(who));
}

describe('tsexpose list', () => {
  it('lists the running nodes', async () => {
    const { stdout, code } = await surroundings().run(['list']);
    const [head, first, second, rest] = stdout.split('\n');
    expect(head).toMatch(/^NAME +STATE +ADDRESS +TARGET +PID$/);
    expect(first).toMatch(/^api +running +https:\/\/api\.sandbox\.ts\.net +http:\/\/127/);
    expect(second).toMatch(new RegExp(`^web .* ${web.child.pid}$`));
    expect(rest).toBe('');
    expect(code).toBe(0);
  });

  it('prints one JSON object per node', async () => {
    const { stdout } = await surroundings().run(['list', '--json']);
    const nodes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(nodes.map(({ name }) => name)).toEqual(['api', 'web']);
  });

  it('says that no nodes are running, with exit code 0', async () => {
    using elsewhere = new Surroundings();
    expect(await elsewhere.run(['list'])).toMatchObject({ code: 0, stdout: 'No nodes are running.\n' });
    expect(await elsewhere.run(['list', '--json'])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('tsexpose status', () => {
  it('shows the details of a node', async () => {
    const { stdout, code } = await surroundings().run(['status', '--name', 'web']);
    expect(stdout).toMatch(/^name +web$/m);
    expect(stdout).toMatch(/^owner +alice@example\.com$/m);
    expect(stdout).toMatch(new RegExp(`running, started \\d+ s ago \\(pid ${web.child.pid}\\)`));
    expect(code).toBe(0);
  });

  it('shows all nodes if none is named', async () => {
    const { stdout } = await surroundings().run(['status', '--json']);
    const nodes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(nodes).toMatchObject([
      { name: 'api', state: 'running' },
      {
        name: 'web',
        state: 'running',
        urls: ['https://web.sandbox.ts.net', 'http://web.sandbox.ts.net', 'http://web'],
      },
    ]);
  });

  it('says that no node is running, with exit code 1', async () => {
    using elsewhere = new Surroundings();
    const { code, stderr } = await elsewhere.run(['status']);
    expect(stderr).toContain('error: No tsexpose node is running on this machine.');
    expect(code).toBe(1);
  });
});

describe('the exit code of tsexpose status', () => {
  /** Runs it beside nodes in these states. */
  async function statusOf(...states: NodeState[]): Promise<Result> {
    using elsewhere = new Surroundings();
    const sockets = states.map((state, index) => {
      const found = { name: `node${index}`, fqdn: '', urls: [], ips: [], target: 'http://localhost:3000', state };
      const status = async () => ({ ...found, tailnet: '', user: '', tags: [], health: [], peers: 0 });
      const whois = async (address: string) => unknownIdentity(address, 0);
      return openControlSocket({ status, whois, close: () => undefined }, `${elsewhere.root}/run/tsexpose`);
    });
    const opened = await Promise.all(sockets);
    const result = await elsewhere.run(['status']);
    await Promise.all(opened.map((socket) => socket.close()));
    return result;
  }

  it('tells whether the node is connected', async () => {
    expect(await statusOf('running')).toMatchObject({ code: 0 });
    expect(await statusOf('starting')).toMatchObject({ code: 1 });
    expect(await statusOf('stopped')).toMatchObject({ code: 1 });
    expect(await statusOf('needs-login')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('waiting for login'),
    });
    expect(await statusOf('needs-approval')).toMatchObject({ code: 3 });
  });

  it('is that of the worst of several nodes', async () => {
    expect(await statusOf('running', 'needs-login', 'running')).toMatchObject({ code: 3 });
  });
});

describe('tsexpose whois', () => {
  it('shows who is behind an address', async () => {
    const { ips } = await api.event('ready');
    const { stdout, code } = await surroundings().run(['whois', ips[0], '--name', 'web']);
    expect(stdout).toMatch(/^user +alice@example\.com \(Alice Example\)$/m);
    expect(code).toBe(0);
  });

  it('prints JSON, also for a name', async () => {
    const { stdout } = await surroundings().run(['whois', 'api', '--name', 'web', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'user', login: 'alice@example.com', node: { name: 'api' } });
  });

  it('reports an unknown address, with exit code 1', async () => {
    const { code, stderr } = await surroundings().run(['whois', '100.64.99.99', '--name', 'web']);
    expect(stderr).toContain('100.64.99.99');
    expect(stderr).toContain('ERR_TSEXPOSE_NOT_FOUND');
    expect(stderr).toContain('try: See the machines page');
    expect(code).toBe(1);
  });

  it('requires a name if several nodes are running', async () => {
    const { code, stderr } = await surroundings().run(['whois', '100.64.0.1']);
    expect(stderr).toContain('error: 2 nodes are running; choose one with --name.');
    expect(code).toBe(2);
  });
});

describe('the control socket', () => {
  it('closes an exposure on request, with exit code 0', async () => {
    using elsewhere = new Surroundings();
    const run = start(elsewhere, 'bob', 'asked');
    await run.event('ready');
    const [node] = await findNodes(`${elsewhere.root}/run/tsexpose`);
    await node!.close();
    expect((await run.ended).code).toBe(0);
    expect(run.events.at(-1)).toEqual({ event: 'closed', reason: 'close requested' });
    expect(elsewhere.leftovers()).toEqual([]);
  });

  it('that cannot be opened is a warning, and the app is served', async () => {
    using elsewhere = new Surroundings();
    writeFileSync(`${elsewhere.root}/run/tsexpose`, '');
    const run = start(elsewhere, 'bob', 'unseen');
    await run.until(({ events }) => events.some(({ code }) => code === 'ERR_TSEXPOSE_STATE_DIR'));
    await run.event('ready');
    expect((await run.stop()).code).toBe(130);
  });
});
