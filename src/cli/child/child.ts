import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { TsexposeError } from '../../errors.ts';
import type { AppTerminal } from '../screen/screen.ts';
import { childEnvironment, terminalEnvironment } from './environment.ts';
import { listeningPorts } from './listening-port.ts';

/** How often to look for its ports, in milliseconds. */
const POLL_MS = 100;
/** How long to wait for further ports after the first, in milliseconds. */
const SETTLE_MS = 300;
/** A URL by which people open a server on this machine. */
const LOCAL_URL = /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d+)/g;
/** How long it may take to exit after SIGTERM, in milliseconds. */
const GRACE_MS = 5_000;

/**
 * A local app that the command starts itself, from the words after `--`. It leads a session of its own, so that Ctrl-C
 * reaches only tsexpose, and requests in flight finish before the app stops. Its output goes to `onLine`.
 */
export class Child implements AsyncDisposable {
  /** Resolves when it exits: with an error, or undefined for exit code 0. */
  readonly ended: Promise<TsexposeError | undefined>;
  readonly #child: ChildProcess;
  readonly #words: readonly string[];
  /** Ports of the local URLs that it has printed. */
  readonly #printed = new Set<number>();
  #hasEnded = false;

  constructor(
    words: readonly string[],
    onLine: (line: string) => void,
    env = childEnvironment(process.env),
    terminal?: AppTerminal,
  ) {
    const [command = '', ...args] = words;
    this.#words = words;
    this.#child = spawn(command, args, {
      env: { ...(terminal && terminalEnvironment(terminal, env)), ...env },
      detached: true,
      stdio: [terminal?.keys ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        for (const [, port] of stripVTControlCharacters(line).matchAll(LOCAL_URL)) this.#printed.add(Number(port));
        onLine(line);
      });
    }
    this.ended = new Promise((resolve) => {
      const settle = (error?: TsexposeError) => {
        this.#hasEnded = true;
        resolve(error);
      };
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'command not found' : error.message;
        settle(fault(`Could not start ${command}: ${why}.`, 'tsexpose -- npm start'));
      });
      this.#child.once('exit', (code, signal) => {
        const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
        settle(code === 0 ? undefined : fault(`${this.#name} ${how}.`));
      });
    });
    process.once('exit', this.#kill);
  }

  /**
   * Resolves with the port that it listens on.
   *
   * @param options.timeout milliseconds; 0 for no limit
   * @throws `ERR_TSEXPOSE_COMMAND` if it exits, listens on several ports, or on none in time
   */
  async port({ timeout, signal }: { timeout: number; signal: AbortSignal }): Promise<number> {
    const deadline = timeout > 0 ? Date.now() + timeout : Number.POSITIVE_INFINITY;
    while ((await this.#ports()).length === 0) {
      if (Date.now() > deadline) throw this.#noPort(timeout);
      await this.#pause(POLL_MS, signal);
    }
    await this.#pause(SETTLE_MS, signal);
    const all = await this.#ports();
    const named = all.filter((one) => this.#printed.has(one));
    // Servers for hot updates and workers have ports, too. The one to open is the one that it tells people of.
    const [port, ...others] = named.length === 1 ? named : all;
    if (port !== undefined && others.length === 0) return port;
    throw port === undefined ? this.#noPort(timeout) : this.#severalPorts([port, ...others]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#hasEnded) return this.#kill(); // processes that it left behind
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
    if (this.#hasEnded) throw (await this.ended) ?? fault(`${this.#name} exited before it listened on a port.`);
  }

  #noPort(timeout: number): TsexposeError {
    const message = `${this.#name} did not listen on a TCP port within ${timeout / 1000} s.`;
    return fault(message, `tsexpose 3000 -- ${this.#name}`, `tsexpose --timeout 5m -- ${this.#name}`);
  }

  #severalPorts(ports: number[]): TsexposeError {
    const message = `${this.#name} listens on several ports: ${ports.join(', ')}.`;
    return fault(message, ...ports.map((port) => `tsexpose ${port} -- ${this.#name}`));
  }

  #kill = (): void => this.#signal('SIGKILL');

  // To the whole process group, because `npm run` does not forward signals.
  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // The group is empty.
    }
  }
}

function fault(message: string, ...suggestions: string[]): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_COMMAND', message, { suggestions });
}
