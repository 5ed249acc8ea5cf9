import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../src/sandbox/program.ts';
import { Sandbox } from '../../src/sandbox/sandbox.ts';

const sandboxFiles = (dir: string) => readdirSync(dir).filter((name) => name.startsWith('tsexpose-sandbox-'));

describe('the life of a sandbox', () => {
  const cleanup: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of cleanup.splice(0).reverse()) await step();
  });
  const start = async (...args: Parameters<typeof Sandbox.start>) => {
    const sandbox = await Sandbox.start(...args);
    cleanup.push(() => sandbox.close());
    return sandbox;
  };
  /** A directory that is the temporary one for everything started from here on. */
  const temporary = async () => {
    const before = process.env.TMPDIR;
    const dir = await mkdtemp(join(tmpdir(), 'tsexpose-test-'));
    process.env.TMPDIR = dir;
    cleanup.push(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      return rm(dir, { recursive: true, force: true });
    });
    return dir;
  };
  const program = async (script: string) => {
    const file = join(await temporary(), 'program');
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  };

  it('starts within two seconds', async () => {
    const before = performance.now();
    await start();
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('leaves no file behind when it is closed, once or twice', async () => {
    const dir = await temporary();
    const sandbox = await start();
    await sandbox.admin.serve({ who: 'alice', hostname: 'whoami', port: 80, kind: 'whois' });
    expect(sandboxFiles(dir)).toHaveLength(1);
    await sandbox.close();
    await sandbox.close();
    expect(sandboxFiles(dir)).toEqual([]);
  });

  it('ends, and leaves nothing behind, when the process that started it is killed', async () => {
    const dir = await temporary();
    // The program writes to its parent's stdout: that ends when both are gone.
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `require('child_process').spawn(${JSON.stringify(findProgram())}, { stdio: ['pipe', 'inherit', 'ignore'] })`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    expect(JSON.parse(line)).toMatchObject({ event: 'ready' });
    expect(sandboxFiles(dir)).toHaveLength(1);
    parent.kill('SIGKILL');
    await once(parent.stdout, 'end');
    expect(sandboxFiles(dir)).toEqual([]);
  });

  it('tells when the program dies, and tidies up for it', async () => {
    const dir = await temporary();
    const pidFile = join(dir, 'pid');
    const sandbox = await start({ binary: await program(`echo $$ > ${pidFile}; exec ${findProgram()} "$@"`) });
    const exit = once(sandbox, 'exit');
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
    const [error] = await exit;
    expect(error).toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: expect.stringContaining('killed by SIGKILL'),
    });
    await expect(sandbox.admin.state()).rejects.toBe(error);
    expect(sandboxFiles(process.env.TMPDIR!)).toEqual([]);
  });

  it('says what the program printed when it does not start', async () => {
    const binary = await program('echo "no room left" >&2; exit 3');
    await expect(Sandbox.start({ binary })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: expect.stringMatching(/ended with exit code 3[\s\S]*no room left/),
    });
  });

  it('says so when it is another program, and ends that', async () => {
    const binary = await program('echo hello; exec sleep 60');
    await expect(Sandbox.start({ binary })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: expect.stringContaining('printed "hello" instead of its ready line'),
    });
  });

  it('closes its doors, which may be closed meanwhile', async () => {
    const sandbox = await start();
    const doors = await Promise.all(['alice', 'bob'].map((who) => sandbox.door(who, 'nobody:80')));
    await Promise.all([sandbox.close(), ...doors.map((door) => door.close())]);
  });

  it('reports a missing program', async () => {
    await expect(Sandbox.start({ binary: '/nowhere/sandbox' })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: expect.stringContaining('could not be started'),
    });
  });

  it('explains a configuration that it cannot use', async () => {
    const twins = [1, 2].map(() => ({ id: 'dave', login: 'dave@example.com', name: 'Dave' }));
    await expect(Sandbox.start({ people: twins })).rejects.toThrow('there are two people "dave"');
  });

  it('is aborted by its signal, before and during the start', async () => {
    await expect(Sandbox.start({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    const controller = new AbortController();
    const starting = Sandbox.start({ binary: await program('exec cat'), signal: controller.signal });
    controller.abort();
    await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('takes the port of the control server that it is given', async () => {
    const first = await start();
    const port = Number(new URL(first.controlUrl).port);
    await expect(start({ port })).rejects.toThrow('address already in use');
    await first.close();
    const second = await start({ port });
    expect(second.controlUrl).toBe(first.controlUrl);
  });

  it('is not kept alive by an unreferenced sandbox', async () => {
    const sandbox = await start();
    const { length: before } = process.getActiveResourcesInfo();
    expect(process.getActiveResourcesInfo()).toContain('ProcessWrap');
    sandbox.unref();
    expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
    sandbox.ref();
    expect(process.getActiveResourcesInfo()).toHaveLength(before);
  });

  it('knows the auth keys of people, devices and tags', async () => {
    const sandbox = await start();
    expect(sandbox.authKey('alice')).toBe('tskey-auth-alice');
    expect(sandbox.authKey('bob@example.com')).toBe('tskey-auth-bob');
    expect(sandbox.authKey('ci-runner')).toBe('tskey-auth-tag-ci');
    expect(sandbox.authKey('tag:ci')).toBe('tskey-auth-tag-ci');
    expect(() => sandbox.authKey('mallory')).toThrowError(expect.objectContaining({ code: 'ERR_TSEXPOSE_NOT_FOUND' }));
  });
});
