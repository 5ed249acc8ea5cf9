import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();

/** A program in the working directory, to be started as `node service.mjs`. */
function program(...lines: string[]): string[] {
  writeFileSync(
    join(surroundings().root, 'work/service.mjs'),
    ["import { createServer } from 'node:http';", ...lines].join('\n'),
  );
  return ['--', process.execPath, 'service.mjs'];
}

const ECHO =
  'const echo = (request, response) => response.end(JSON.stringify({ env: process.env, headers: request.headers }));';
const SERVE = "createServer(echo).listen(0, '127.0.0.1');";

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const flags = ['--name', 'started', '--ephemeral', '--json'];
  return surroundings().start([...flags, ...args], { ...envOf('alice'), ...env });
}

async function ask(): Promise<{ env: NodeJS.ProcessEnv; headers: Record<string, string> }> {
  await using door = await sandbox().door('bob', 'started:80');
  return (await (await fetch(door.url)).json()) as { env: NodeJS.ProcessEnv; headers: Record<string, string> };
}

describe('an app that the command starts', () => {
  it('is found on any port, and stops with the command', async () => {
    const run = start(program(ECHO, SERVE));
    const { target } = await run.event('ready');
    expect(target).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await ask()).headers['tailscale-user-login']).toBe('bob@example.com');
    expect((await run.stop()).code).toBe(130);
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });

  it('is found if a script starts it, and stops even if it ignores signals', async () => {
    const [, node, file] = program(ECHO, SERVE, "process.on('SIGTERM', () => {});");
    const run = start(['--', 'sh', '-c', `${node} ${file} & wait`]);
    await run.event('ready');
    await run.stop();
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });

  it('sees no variable that a node could log in with', async () => {
    const login = ['TS_AUTH_KEY', 'TS_CLIENT_ID', 'TS_CLIENT_SECRET', 'TS_ID_TOKEN', 'TS_AUDIENCE', 'TS_API_KEY'];
    const others = ['TAILSCALE_AUTHKEY', 'TAILSCALE_OAUTH_CLIENT_SECRET', 'TS_AUTHKEY_FILE'];
    const kept = { GREETING: 'hello', TS_NODE_PROJECT: 'tsconfig.json', API_TOKEN: 'of the app' };
    const secrets = Object.fromEntries([...login, ...others].map((name) => [name, 'guest:tskey-auth-x']));
    const run = start(program(ECHO, SERVE), { ...secrets, ...kept });
    await run.event('ready');
    const { env } = await ask();
    expect(env).toMatchObject(kept);
    expect(Object.keys(env).filter((name) => name === 'TS_AUTHKEY' || name in secrets)).toEqual([]);
    await run.stop();
  });

  it('prints to standard error', async () => {
    const run = start(program(ECHO, SERVE, "console.log('a line of its own');"));
    await run.event('ready');
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('a line of its own\n');
    expect(stdout).not.toContain('a line of its own');
  });

  it('does not expose its debugger', async () => {
    const port = await freePort();
    const [dashes, node, file] = program(ECHO, `setTimeout(() => ${SERVE.slice(0, -1)}, 1000);`);
    const run = start([dashes!, node!, `--inspect=127.0.0.1:${port}`, file!]);
    const { target } = await run.event('ready');
    expect(target).not.toBe(`http://localhost:${port}`);
    expect((await ask()).headers['tailscale-user-login']).toBe('bob@example.com');
    await run.stop();
  });

  it('uses the target that is given', async () => {
    const port = await freePort();
    const run = start([String(port), ...program(ECHO, `createServer(echo).listen(${port}, '127.0.0.1');`, SERVE)]);
    expect((await run.event('ready')).target).toBe(`http://localhost:${port}`);
    await run.stop();
  });

  it('stops the command when it exits, with or without an error', async () => {
    for (const [code, last] of [
      [0, { event: 'closed', reason: 'the app exited' }],
      [7, expect.objectContaining({ event: 'error', code: 'ERR_TSEXPOSE_COMMAND' })],
    ] as const) {
      const echo = `const echo = (request, response) => response.end('{}', () => process.exit(${code}));`;
      const run = start(program(echo, SERVE));
      await run.event('ready');
      await ask();
      const ended = await run.ended;
      expect(run.events.at(-1)).toEqual(last);
      expect(ended.code).toBe(code === 0 ? 0 : 1);
    }
  });
});

describe('an app that cannot be exposed', () => {
  it.each([
    ['exits immediately', [], ["console.log('no such module'); process.exit(7);"], /service\.mjs exited with code 7\./],
    [
      'listens on two ports',
      [],
      ['const echo = () => {};', SERVE, SERVE],
      /listens on several ports: \d+, \d+\.\n {2}try: tsexpose \d+ -- /,
    ],
    [
      'listens on none',
      ['--timeout', '1500ms'],
      ['setInterval(() => {}, 1000);'],
      /did not listen on a TCP port within 1\.5 s\./,
    ],
  ])('is reported: it %s', async (_, flags, lines, sentence) => {
    const { code, stderr } = await start([...flags, ...program(...lines)]).ended;
    expect(stderr).toMatch(sentence);
    expect(code).toBe(1);
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });

  it('is reported: the command does not exist', async () => {
    const { code, stderr } = await start(['--', 'no-such-program']).ended;
    expect(stderr).toContain('error: Could not start no-such-program: command not found.');
    expect(code).toBe(1);
  });

  it('does not delay Ctrl-C', async () => {
    const run = start(program('setInterval(() => {}, 1000);'));
    await run.until(({ stderr }) => stderr.includes('waiting for'));
    expect((await run.stop()).code).toBe(130);
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });
});
