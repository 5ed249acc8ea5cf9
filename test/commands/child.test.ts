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

describe('a service that the command starts', () => {
  it('is found on whatever port it takes, and ends with the command', async () => {
    const run = start(program(ECHO, SERVE));
    const { target } = await run.event('ready');
    expect(target).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await ask()).headers['tailscale-user-login']).toBe('bob@example.com');
    expect((await run.stop()).code).toBe(130);
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });

  it('is found where a script starts it, and ends though it hears no signal', async () => {
    const [, node, file] = program(ECHO, SERVE, "process.on('SIGTERM', () => {});");
    const run = start(['--', 'sh', '-c', `${node} ${file} & wait`]);
    await run.event('ready');
    await run.stop();
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });

  it('is not told what the node logs in with', async () => {
    const run = start(program(ECHO, SERVE), { TS_AUTH_KEY: 'tskey-auth-x', GREETING: 'hello' });
    await run.event('ready');
    const { env } = await ask();
    expect(env.GREETING).toBe('hello');
    expect(Object.keys(env)).not.toContain('TS_AUTHKEY');
    expect(Object.keys(env)).not.toContain('TS_AUTH_KEY');
    await run.stop();
  });

  it('prints to standard error', async () => {
    const run = start(program(ECHO, SERVE, "console.log('a line of its own');"));
    await run.event('ready');
    const { stdout, stderr } = await run.stop();
    expect(stderr).toContain('a line of its own\n');
    expect(stdout).not.toContain('a line of its own');
  });

  it('keeps its debugger to itself', async () => {
    const port = await freePort();
    const [dashes, node, file] = program(ECHO, `setTimeout(() => ${SERVE.slice(0, -1)}, 1000);`);
    const run = start([dashes!, node!, `--inspect=127.0.0.1:${port}`, file!]);
    const { target } = await run.event('ready');
    expect(target).not.toBe(`http://localhost:${port}`);
    expect((await ask()).headers['tailscale-user-login']).toBe('bob@example.com');
    await run.stop();
  });

  it('may be given its target, where it is not looked for', async () => {
    const port = await freePort();
    const run = start([String(port), ...program(ECHO, `createServer(echo).listen(${port}, '127.0.0.1');`, SERVE)]);
    expect((await run.event('ready')).target).toBe(`http://localhost:${port}`);
    await run.stop();
  });

  it('ends the command when it ends, well or not', async () => {
    for (const [code, last] of [
      [0, { event: 'closed', reason: 'the app ended' }],
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

describe('a service that cannot be exposed', () => {
  it.each([
    [
      'ends at once',
      [],
      ["console.log('no such module'); process.exit(7);"],
      /service\.mjs has ended with exit code 7\./,
    ],
    [
      'listens on two ports',
      [],
      ['const echo = () => {};', SERVE, SERVE],
      /it listens on \d+ and \d+\.\n {2}try: tsexpose \d+ -- /,
    ],
    [
      'listens on none',
      ['--timeout', '1500ms'],
      ['setInterval(() => {}, 1000);'],
      /to listen on a TCP port within 1\.5 s, and it does not\./,
    ],
  ])('is said to be so: it %s', async (_, flags, lines, sentence) => {
    const { code, stderr } = await start([...flags, ...program(...lines)]).ended;
    expect(stderr).toMatch(sentence);
    expect(code).toBe(1);
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });

  it('is said to be so: there is no such program', async () => {
    const { code, stderr } = await start(['--', 'no-such-program']).ended;
    expect(stderr).toContain(
      'error: Expected a program to start after "--", got no-such-program: there is no such program.',
    );
    expect(code).toBe(1);
  });

  it('is not waited for after Ctrl-C', async () => {
    const run = start(program('setInterval(() => {}, 1000);'));
    await run.until(({ stderr }) => stderr.includes('waiting for'));
    expect((await run.stop()).code).toBe(130);
    expect(surroundings().leftovers()).toEqual(['work/service.mjs']);
  });
});
