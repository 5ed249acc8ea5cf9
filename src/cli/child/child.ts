import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsexposeError } from '../../errors.ts';
import { listeningPorts } from './listening-port.ts';

/** How often its ports are looked at, in milliseconds. */
const LOOK_MS = 100;
/** A service that opens several ports has opened them all this long after the first, in milliseconds. */
const SETTLE_MS = 300;
/** How long it may take to end once it is asked to, in milliseconds. */
const GRACE_MS = 5_000;

/** What a node is logged in with is nothing that a service should have. */
const SECRETS = ['TS_AUTHKEY', 'TS_AUTH_KEY', 'TS_CLIENT_SECRET', 'TSEXPOSE_FUNNEL_AUTH'];

/**
 * A local service that the command starts itself: the words after `--`. It leads a session of its own, so that Ctrl-C
 * reaches only us: requests under way are answered before it is asked to end. What it prints goes to `onLine`.
 */
export class Child implements AsyncDisposable {
  /** Resolves with why it has ended; undefined where it was content. */
  readonly ended: Promise<TsexposeError | undefined>;
  readonly #child: ChildProcess;
  readonly #words: readonly string[];
  #hasEnded = false;

  constructor(words: readonly string[], onLine: (line: string) => void) {
    const [command = '', ...args] = words;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.includes(name)));
    this.#words = words;
    this.#child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', onLine);
    }
    this.ended = new Promise((resolve) => {
      const settle = (error?: TsexposeError) => {
        this.#hasEnded = true;
        resolve(error);
      };
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'there is no such program' : error.message;
        settle(fault(`Expected a program to start after "--", got ${command}: ${why}.`, 'tsexpose -- npm start'));
      });
      this.#child.once('exit', (code, signal) => {
        settle(
          code === 0
            ? undefined
            : fault(`${this.#name} has ended ${signal ? `by ${signal}` : `with exit code ${code}`}.`),
        );
      });
    });
    process.once('exit', this.#kill);
  }

  /**
   * Resolves with the port that it listens on.
   *
   * @param options.timeout milliseconds; 0 for no limit
   * @throws ERR_TSEXPOSE_COMMAND when it ends, listens on several ports, or on none in time
   */
  async port({ timeout, signal }: { timeout: number; signal: AbortSignal }): Promise<number> {
    const deadline = timeout > 0 ? Date.now() + timeout : Number.POSITIVE_INFINITY;
    while ((await this.#ports()).length === 0) {
      if (Date.now() > deadline) throw this.#noPort(timeout);
      await this.#pause(LOOK_MS, signal);
    }
    await this.#pause(SETTLE_MS, signal);
    const [port, ...others] = await this.#ports();
    if (port !== undefined && others.length === 0) return port;
    throw port === undefined ? this.#noPort(timeout) : this.#severalPorts([port, ...others]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#hasEnded) return this.#kill(); // what it has left behind
    this.#signal('SIGTERM');
    const timer = setTimeout(this.#kill, GRACE_MS);
    await this.ended;
    clearTimeout(timer);
    this.#kill();
  }

  get #name(): string {
    return this.#words.join(' ');
  }

  #ports(): Promise<number[]> {
    return this.#child.pid === undefined ? Promise.resolve([]) : listeningPorts(this.#child.pid);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await Promise.race([sleep(ms, undefined, { signal }), this.ended]);
    if (this.#hasEnded) throw (await this.ended) ?? fault(`${this.#name} has ended and had not listened on a port.`);
  }

  #noPort(timeout: number): TsexposeError {
    const message = `Expected ${this.#name} to listen on a TCP port within ${timeout / 1000} s, and it does not.`;
    return fault(message, `tsexpose 3000 -- ${this.#name}`, 'Allow more time with --timeout.');
  }

  #severalPorts(ports: number[]): TsexposeError {
    const message = `Expected ${this.#name} to listen on one port, and it listens on ${ports.join(' and ')}.`;
    return fault(message, ...ports.map((port) => `tsexpose ${port} -- ${this.#name}`));
  }

  #kill = (): void => this.#signal('SIGKILL');

  // To the whole group: `npm run` passes no signal on to what it has started.
  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // Nobody is left in it.
    }
  }
}

function fault(message: string, ...suggestions: string[]): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_COMMAND', message, { suggestions });
}
