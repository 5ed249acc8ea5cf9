import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNodes } from '../../src/control-socket/client.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { type Run, Surroundings, sharedService, sharedSurroundings } from './run.ts';

sharedSandbox();
const service = sharedService();
const surroundings = sharedSurroundings();
let web: Run;
let api: Run;
beforeAll(async () => {
  web = start(surroundings(), 'alice', 'web');
  api = start(surroundings(), 'alice', 'api');
  await Promise.all([web.event('ready'), api.event('ready')]);
});
afterAll(() => Promise.all([web.stop(), api.stop()]));

function start(where: Surroundings, who: string, name: string): Run {
  return where.start([service().target, '--name', name, '--ephemeral', '--json'], envOf(who));
}

describe('tsexpose list', () => {
  it('lists what runs', async () => {
    const { stdout, code } = await surroundings().run(['list']);
    const [head, first, second, rest] = stdout.split('\n');
    expect(head).toMatch(/^NAME +STATE +ADDRESS +TARGET +PID$/);
    expect(first).toMatch(/^api +running +https:\/\/api\.sandbox\.ts\.net +http:\/\/127/);
    expect(second).toMatch(new RegExp(`^web .* ${web.child.pid}$`));
    expect(rest).toBe('');
    expect(code).toBe(0);
  });

  it('lists it as JSON, a node a line', async () => {
    const { stdout } = await surroundings().run(['list', '--json']);
    const nodes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(nodes.map(({ name }) => name)).toEqual(['api', 'web']);
  });

  it('says that nothing runs, which is no fault', async () => {
    using elsewhere = new Surroundings();
    expect(await elsewhere.run(['list'])).toMatchObject({ code: 0, stdout: 'Nothing is running.\n' });
    expect(await elsewhere.run(['list', '--json'])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('tsexpose status', () => {
  it('shows a node in full', async () => {
    const { stdout, code } = await surroundings().run(['status', '--name', 'web']);
    expect(stdout).toMatch(/^name +web$/m);
    expect(stdout).toMatch(/^owner +alice@example\.com$/m);
    expect(stdout).toMatch(new RegExp(`running, started \\d+ s ago \\(process ${web.child.pid}\\)`));
    expect(code).toBe(0);
  });

  it('shows all of them where none is named', async () => {
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

  it('says that nothing runs, with exit code 1', async () => {
    using elsewhere = new Surroundings();
    const { code, stderr } = await elsewhere.run(['status']);
    expect(stderr).toContain('error: Expected a running tsexpose on this machine, found none.');
    expect(code).toBe(1);
  });
});

describe('tsexpose whois', () => {
  it('says who is behind an address', async () => {
    const { ips } = await api.event('ready');
    const { stdout, code } = await surroundings().run(['whois', ips[0], '--name', 'web']);
    expect(stdout).toMatch(/^user +alice@example\.com \(Alice Example\)$/m);
    expect(code).toBe(0);
  });

  it('says it as JSON, for a name too', async () => {
    const { stdout } = await surroundings().run(['whois', 'api', '--name', 'web', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'user', login: 'alice@example.com', node: { name: 'api' } });
  });

  it('says that nobody is there, with exit code 1', async () => {
    const { code, stderr } = await surroundings().run(['whois', '100.64.99.99', '--name', 'web']);
    expect(stderr).toContain('100.64.99.99');
    expect(stderr).toContain('ERR_TSEXPOSE_NOT_FOUND');
    expect(stderr).toContain('try: See the machines page');
    expect(code).toBe(1);
  });

  it('asks which node is meant where several run', async () => {
    const { code, stderr } = await surroundings().run(['whois', '100.64.0.1']);
    expect(stderr).toContain('error: Expected --name, because 2 nodes are running.');
    expect(code).toBe(2);
  });
});

describe('the control socket', () => {
  it('ends an exposure that is asked to close, with exit code 0', async () => {
    using elsewhere = new Surroundings();
    const run = start(elsewhere, 'bob', 'asked');
    await run.event('ready');
    const [instance] = await findNodes(`${elsewhere.root}/run/tsexpose`);
    await instance!.close();
    expect((await run.ended).code).toBe(0);
    expect(run.events.at(-1)).toEqual({ event: 'closed', reason: 'asked to close' });
    expect(elsewhere.leftovers()).toEqual([]);
  });

  it('that cannot be published is a warning, and the service is there', async () => {
    using elsewhere = new Surroundings();
    writeFileSync(`${elsewhere.root}/run/tsexpose`, '');
    const run = start(elsewhere, 'bob', 'unseen');
    await run.until(({ events }) => events.some(({ code }) => code === 'ERR_TSEXPOSE_STATE_DIR'));
    await run.event('ready');
    expect((await run.stop()).code).toBe(130);
  });
});
