import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Door } from '../../src/sandbox/door.ts';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, type Result, type Run } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
let host: Run;

/** Starts a chat as Alice's and waits until it is there. */
async function startChat(...flags: string[]): Promise<void> {
  host = surroundings().start(['chat', '--ephemeral', '--json', ...flags], envOf('alice'));
  await host.event('ready');
}

/** Starts the program with a standard input that can be written to. */
const start = (args: string[], env?: NodeJS.ProcessEnv) => surroundings().start(args, env, 'pipe');

/** Joins with a node of its own. */
function join(who: string, name: string, ...args: string[]): Run {
  return start(['chat', 'join', 'chat', '--ephemeral', '--name', name, ...args], envOf(who));
}

/** Gives a program its whole input and waits for its end. */
async function pipe(run: Run, input: string): Promise<Result> {
  run.child.stdin!.end(input);
  return run.ended;
}

describe('tsexpose chat', () => {
  it('prints the same ready event as an exposure, and then one object per message', async () => {
    await startChat('--https', 'off');
    expect(await host.event('ready')).toMatchObject({
      name: 'chat',
      fqdn: 'chat.sandbox.ts.net',
      urls: ['http://chat.sandbox.ts.net', 'http://chat'],
      target: 'chat',
    });
    const { code, stdout } = await pipe(join('tag:ci', 'runner'), 'build 17 is green :tada:\n');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d\d:\d\d runner: build 17 is green 🎉\n$/)]);
    expect(await host.event('message')).toMatchObject({
      room: 'lobby',
      text: 'build 17 is green 🎉',
      from: { kind: 'device', name: 'runner', tags: ['tag:ci'] },
    });
    const { code: ended } = await host.stop();
    expect(ended).toBe(130);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('answers status, is served over HTTPS if the tailnet has certificates, and shows newcomers the history', async () => {
    await startChat('--history', '2');
    expect((await host.event('ready')).urls[0]).toBe('https://chat.sandbox.ts.net');
    const { stdout } = await surroundings().run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'chat', target: 'chat', user: 'alice@example.com' });
    await pipe(join('bob', 'bob-laptop'), 'one\ntwo\nthree\n');
    const carol = join('carol', 'carol-laptop', '--json');
    const { entries } = await carol.event('welcome');
    expect(entries.map(({ text }: { text: string }) => text)).toEqual(['two', 'three']);
    await pipe(carol, '');
    await host.stop();
  });

  it('logs no messages without a terminal', async () => {
    host = surroundings().start(['chat', '--ephemeral', '--https', 'off', '--name', 'quiet'], envOf('alice'));
    await host.until(({ stdout }) => stdout.includes('http://quiet.sandbox.ts.net'));
    await using door = await sandbox().door('bob', 'quiet:80');
    const bob = start(['chat', 'join', door.url]);
    await pipe(bob, 'a secret\n');
    await host.until(({ stderr }) => /people: \d, rooms: \d, messages so far: 1/.test(stderr));
    const { stdout, stderr } = await host.stop();
    expect(stdout + stderr).not.toMatch(/secret|bob/i);
  });

  it.each([
    [['chat', '--history', '1001'], /Expected an integer less than or equal to 1000/],
    [['chat', '--history', 'many'], /Expected an integer/],
    [['chat', '--name', 'My_Chat'], /Expected a name of 1 to 63/],
    [['chat', '--https', 'maybe'], /auto, only, off/],
    [['chat', 'join', 'a b'], /Expected the name or URL of a chat, got "a b"/],
    [['chat', 'join', 'chat', '--room', 'a/b'], /Expected a room name of 1 to 32/],
    [['chat', 'leave'], /Unexpected argument: leave/],
  ])('refuses %j in one sentence', async (args, message) => {
    const { code, stderr } = await surroundings().run(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('tsexpose chat join', () => {
  let door: Door;
  beforeEach(async () => {
    await startChat('--https', 'off');
    door = await sandbox().door('bob', 'chat:80');
  });
  afterEach(async () => {
    await door.close();
    await host.stop();
  });

  it('speaks JSON both ways', async () => {
    const run = start(['chat', 'join', door.url, '--json', '--room', 'design']);
    expect(await run.event('welcome')).toMatchObject({ room: 'design', you: { handle: 'bob@example.com' } });
    run.child.stdin!.write('{"event":"say","text":"hello","ref":"mine"}\n');
    expect(await run.event('ack')).toMatchObject({ ref: 'mine' });
    run.child.stdin!.write('"a text alone"\n{"event":"shout"}\n');
    expect(await run.event('refused')).toMatchObject({ code: 'unknown-event' });
    const { code } = await pipe(run, '');
    expect(run.events.flatMap(({ event, text }) => (event === 'message' ? [text] : []))).toEqual([
      'hello',
      'a text alone',
    ]);
    // Something was refused.
    expect(code).toBe(1);
  });

  it('sends everything piped into it, in order and as fast as it may', async () => {
    const lines = Array.from({ length: 11 }, (_, index) => `line ${index}`);
    const { code, stdout } = await pipe(start(['chat', 'join', door.url]), lines.join('\n'));
    expect(stdout.match(/line \d+/g)).toEqual(lines);
    expect(code).toBe(0);
  });

  it('keeps listening if there is no standard input', async () => {
    const listener = surroundings().start(['chat', 'join', door.url]);
    await listener.until(({ stderr }) => stderr.includes('You are Bob Example'));
    await pipe(start(['chat', 'join', door.url]), 'are you there?\n');
    await listener.until(({ stdout }) => stdout.includes('Bob Example: are you there?'));
    const { code } = await listener.stop('SIGTERM');
    expect(code).toBe(130);
  });

  it('reconnects when the chat is restarted', async () => {
    const run = start(['chat', 'join', door.url, '--json']);
    await run.event('welcome');
    await host.stop();
    run.child.stdin!.write('"while it was away"\n');
    await startChat('--https', 'off');
    await run.until(({ events }) => events.some(({ event }) => event === 'message'));
    expect(await host.event('message')).toMatchObject({ text: 'while it was away' });
    await pipe(run, '');
  });

  it('joins the tailnet with a node of its own, and reports that there is no such chat', async () => {
    const { code, stderr } = await surroundings().run(['chat', 'join', 'nosuch', '--ephemeral'], envOf('bob'));
    expect(stderr).toMatch(/^error: Could not reach a chat at nosuch\.$/m);
    expect(code).toBe(1);
  });

  it('prints the login URL if its node has no key, and does not wait for a login without a terminal', async () => {
    const run = surroundings().start(['chat', 'join', '--json'], sandbox().env);
    expect(await run.event('login')).toMatchObject({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1/) });
    const { code, stderr } = await run.ended;
    expect(stderr).toContain('ERR_TSEXPOSE_LOGIN_NEEDED');
    expect(code).toBe(3);
  });

  it('ends with an error if there is no chat, and without one after /quit', async () => {
    const unreachable = await surroundings().run(['chat', 'join', 'http://127.0.0.1:1']);
    expect(unreachable).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Could not reach a chat at 127.0.0.1:1'),
    });
    const run = start(['chat', 'join', door.url, '--json']);
    await run.event('welcome');
    const ended = once(run.child, 'exit');
    run.child.stdin!.write('{"event":"say","text":"/quit"}\n');
    expect(await ended).toEqual([0, null]);
  });
});
