// What the soak is about: the real command in a process of its own, in front of an app that can be restarted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');
export const NAME = 'soak';
export const TCP_PORT = 7000;

/** The last lines of a log. */
export class Tail {
  #lines = [];
  #limit;

  constructor(limit = 5000) {
    this.#limit = limit;
  }

  add(line) {
    this.#lines.push(`${new Date().toISOString()} ${line}`);
    if (this.#lines.length >= 2 * this.#limit) this.#lines = this.#lines.slice(-this.#limit);
  }

  toString() {
    return `${this.#lines.slice(-this.#limit).join('\n')}\n`;
  }
}

/** The app; after {@link App.kill}, {@link App.start} starts it again on the same ports. */
export class App {
  ports = [0, 0];
  #child;

  async start() {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, 'app.mjs'), ...this.ports.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: this.#child.stdout }), 'line');
    this.ports = line.split(' ').map(Number);
  }

  async kill() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** `tsexpose` as a user starts it: HTTP on port 80 and bytes on port 7000. */
export class Exposure {
  /** What it printed as events, and as the log of the node. */
  events = new Tail(1000);
  log = new Tail();
  /** Resolves with how it ended. */
  ended;
  #child;
  #questions = new Map();
  #lastQuestion = 0;

  /** Resolves when callers can come. */
  static async start(sandbox, app) {
    const exposure = new Exposure();
    await exposure.#start(sandbox, app);
    return exposure;
  }

  async #start(sandbox, { ports: [http, tcp] }) {
    const args = ['--import', join(import.meta.dirname, 'probe.mjs'), join(ROOT, 'bin/run.js'), `${http}`];
    args.push('--name', NAME, '--ephemeral', '--https', 'off', '--device-headers', '--json', '--verbose');
    args.push('--port', '80', '--port', `${TCP_PORT}:tcp://127.0.0.1:${tcp}`, '--proxy-protocol', '2');
    const env = { ...process.env, ...sandbox.env, TS_AUTHKEY: sandbox.authKey('carol') };
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.ended = once(this.#child, 'exit').then(([code, signal]) => {
      for (const { reject } of this.#questions.values()) reject(new Error('tsexpose has ended'));
      return signal ?? `exit code ${code}`;
    });
    this.#child.on('message', ({ id, value, error }) => {
      const question = this.#questions.get(id);
      this.#questions.delete(id);
      if (error) question?.reject(new Error(error));
      else question?.resolve(value);
    });
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.log.add(line));
    const events = createInterface({ input: this.#child.stdout }).on('line', (line) => this.events.add(line));
    const ready = new Promise((resolve) => events.on('line', (line) => /"event":"ready"/.test(line) && resolve()));
    const ended = await Promise.race([ready, this.ended]);
    if (ended) throw new Error(`tsexpose did not start: ${ended}\n${this.log}`);
  }

  /** Asks the probe in the process. */
  ask(question, ...args) {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastQuestion;
      this.#questions.set(id, { resolve, reject });
      this.#child.send({ id, ask: question, args }, (error) => error && reject(error));
    });
  }

  /** Ends it as Ctrl-C does; returns how it ended. */
  close() {
    this.#child.kill('SIGINT');
    return this.ended;
  }
}
