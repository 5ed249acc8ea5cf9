import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTRY, Run, Surroundings } from '../commands/run.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';

/**
 * What a container of examples/deploy/Dockerfile runs, in an empty folder instead of a container: the same user, no
 * capability, only the environment of the image, and the same commands.
 */
const dockerfile = readFileSync('examples/deploy/Dockerfile', 'utf8');
const words = (instruction: string): string[] => {
  const [, list] = new RegExp(`^${instruction}(?: --\\S+)*(?: CMD)? (\\[.*\\])$`, 'm').exec(dockerfile)!;
  return JSON.parse(list!);
};
const [, user] = /^USER (\d+)$/m.exec(dockerfile)!;
const [program, ...healthcheck] = words('HEALTHCHECK');

const DROP = ['--reuid', user!, '--regid', user!, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
const drop = ['setpriv', ...DROP, '--no-new-privs', '--'];
// Only root can become another user, who must be able to read the checkout.
const canDrop = process.getuid?.() === 0 && spawnSync(drop[0]!, [...drop.slice(1), 'test', '-r', ENTRY]).status === 0;

const sandbox = sharedSandbox();
const surroundings = new Surroundings();
const state = join(surroundings.root, 'state');
const secret = join(surroundings.root, 'ts-authkey');
const app = createServer((req, res) => res.end(`hello ${req.headers['tailscale-user-login']}`));

beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(secret, `${sandbox().authKey('alice')}\n`);
  if (!canDrop) return;
  for (const name of ['', 'state', 'ts-authkey', 'home', 'run', 'tmp', 'work'])
    chownSync(join(surroundings.root, name), Number(user), Number(user));
});
afterAll(() => {
  app.close();
  surroundings[Symbol.dispose]();
});

/** Runs the program as the container would. */
function container(args: string[], env: NodeJS.ProcessEnv = {}): Run {
  const { HOME, PATH, TMPDIR, TSEXPOSE_TEST, TS_NO_LOGS_NO_SUPPORT } = surroundings.env;
  const [, own] = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile)!;
  const image = Object.fromEntries(own!.split(/[\s\\]+/).map((pair) => pair.replace('/state', state).split('=')));
  const { TS_AUTHKEY, ...control } = envOf('alice');
  const command = [...(canDrop ? drop : []), process.execPath, ENTRY, ...args];
  const child = spawn(command[0]!, command.slice(1), {
    cwd: join(surroundings.root, 'work'),
    env: { HOME, PATH, TMPDIR, TSEXPOSE_TEST, TS_NO_LOGS_NO_SUPPORT, ...control, ...image, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Run(child);
}

const start = (env?: NodeJS.ProcessEnv) =>
  container([String((app.address() as AddressInfo).port), '--json'], { TSEXPOSE_NAME: 'boxed', ...env });

describe('a container', () => {
  it('is unhealthy before it has joined, healthy after that, and serves the app', async () => {
    expect([program, ...words('ENTRYPOINT')]).toEqual(['tsexpose', 'tsexpose']);
    expect((await container(healthcheck).ended).code).toBe(1);
    const run = start({ TS_AUTHKEY: `file:${secret}` });
    await run.event('ready');
    const asked = await container(healthcheck).ended;
    expect(asked.stdout).toMatch(/^name +boxed$/m);
    expect(asked.code).toBe(0);
    const door = await sandbox().door('bob', 'boxed:80');
    expect(await (await fetch(door.url)).text()).toBe('hello bob@example.com');
    expect((await run.stop('SIGTERM')).code).toBe(130);
    expect((await container(healthcheck).ended).code).toBe(1);
  }, 60_000);

  it('needs no auth key once the volume has its state, and keeps its address', async () => {
    const run = start();
    const { ips } = await run.event('ready');
    expect(readdirSync(join(state, 'node'))).not.toEqual([]);
    await run.stop('SIGTERM');
    const again = start();
    expect((await again.event('ready')).ips).toEqual(ips);
    await again.stop('SIGTERM');
  }, 60_000);

  it.skipIf(process.platform !== 'linux')(
    'has no capability and no TUN device',
    async () => {
      const run = start();
      await run.event('ready');
      const about = readFileSync(`/proc/${run.child.pid}/status`, 'utf8');
      if (canDrop) {
        expect(about).toMatch(/^CapEff:\t0+$/m);
        expect(about).toMatch(/^CapBnd:\t0+$/m);
        expect(about).toMatch(new RegExp(`^Uid:\t${user}\t`, 'm'));
      }
      const files = readdirSync(`/proc/${run.child.pid}/fd`).map((fd) =>
        readlinkSync(`/proc/${run.child.pid}/fd/${fd}`),
      );
      expect(files.filter((path) => path.startsWith('/dev/net'))).toEqual([]);
      await run.stop('SIGTERM');
    },
    60_000,
  );
});
