/** Runs the program as a process, in surroundings of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

export const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
if (!existsSync(join(ENTRY, '../../dist'))) throw new Error('These tests run what is built: npm run build:ts');

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A home, a runtime directory and a temporary directory that nothing else uses. */
export class Surroundings implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'tsx-'));
  readonly env: NodeJS.ProcessEnv;
  // Every process that the program starts inherits it.
  readonly #mark = randomUUID();

  constructor() {
    for (const name of ['home', 'run', 'tmp', 'work']) mkdirSync(join(this.root, name), { mode: 0o700 });
    this.env = {
      PATH: process.env.PATH,
      HOME: join(this.root, 'home'),
      XDG_STATE_HOME: join(this.root, 'home'),
      XDG_RUNTIME_DIR: join(this.root, 'run'),
      TMPDIR: join(this.root, 'tmp'),
      TS_NO_LOGS_NO_SUPPORT: 'true',
      TS_PANIC_IF_HIT_MAIN_CONTROL: '1',
      // Newer versions of Node.js keep it in the home directory.
      NODE_DISABLE_COMPILE_CACHE: '1',
      TSEXPOSE_TEST: this.#mark,
    };
  }

  /** Starts the program, with a pipe as standard input if the test writes to it. */
  start(args: string[], env: NodeJS.ProcessEnv = {}, stdin: 'ignore' | 'pipe' = 'ignore'): Run {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      cwd: join(this.root, 'work'),
      env: { ...this.env, ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    return new Run(child);
  }

  /** Runs the program until it exits. */
  run(args: string[], env?: NodeJS.ProcessEnv): Promise<Result> {
    return this.start(args, env).ended;
  }

  /** Returns the files and processes left behind; an empty runtime directory does not count. */
  leftovers(): string[] {
    const files = ['home', 'run', 'tmp', 'work']
      .flatMap((name) =>
        readdirSync(join(this.root, name), { recursive: true }).map((path) => join(name, String(path))),
      )
      .filter((path) => path !== 'run/tsexpose');
    return [...files, ...this.#processes()];
  }

  #processes(): string[] {
    if (process.platform !== 'linux') return [];
    return readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.#mark);
      } catch {
        return false;
      }
    });
  }

  [Symbol.dispose](): void {
    for (const pid of this.#processes()) process.kill(Number(pid), 'SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Gives each test of this file surroundings of its own. */
export const freshSurroundings = () => surroundingsFor(beforeEach, afterEach);

/** Gives all tests of this file the same surroundings. */
export const sharedSurroundings = () => surroundingsFor(beforeAll, afterAll);

function surroundingsFor(before: typeof beforeEach, after: typeof afterEach): () => Surroundings {
  let surroundings: Surroundings;
  before(() => {
    surroundings = new Surroundings();
  });
  after(() => surroundings[Symbol.dispose]());
  return () => surroundings;
}

/** A running program. */
export class Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Result>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout!.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
      child.emit('output');
    });
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
      child.emit('output');
    });
    this.ended = once(child, 'close').then(([code, signal]) => {
      child.emit('output');
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** The events printed so far. */
  get events(): Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line));
  }

  /** Waits for an event on standard output. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests are about what is in it.
  async event(name: string): Promise<any> {
    await this.until(() => this.events.some(({ event }) => event === name));
    return this.events.find(({ event }) => event === name);
  }

  /** Waits until a condition on the output holds. */
  async until(is: (run: Run) => boolean): Promise<void> {
    while (!is(this)) {
      if (this.child.exitCode !== null || this.child.signalCode) {
        const { code, stdout, stderr } = await this.ended;
        if (is(this)) return;
        throw new Error(`The program ended with ${code} first.\n${stdout}\n${stderr}`);
      }
      await once(this.child, 'output');
    }
  }

  /** Sends a signal and waits for the exit. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Result> {
    this.child.kill(signal);
    return this.ended;
  }
}

export interface LocalApp extends AsyncDisposable {
  port: number;
  target: string;
}

/** Starts a local HTTP app; without a handler it responds with the headers it received, as JSON. */
export async function localApp(handler?: RequestListener, port = 0): Promise<LocalApp> {
  const server = createServer(
    handler ??
      ((request, response) => {
        response.end(JSON.stringify({ url: request.url, headers: request.headers }));
      }),
  ).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const { port: given } = server.address() as AddressInfo;
  return { port: given, target: `127.0.0.1:${given}`, [Symbol.asyncDispose]: close };
}

/** Starts one app for all tests of this file. */
export function sharedApp(): () => LocalApp {
  let app: LocalApp;
  beforeAll(async () => {
    app = await localApp();
  });
  afterAll(() => app[Symbol.asyncDispose]());
  return () => app;
}
