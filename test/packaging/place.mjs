// An empty folder as a stranger has it: no compiler, no Go, nothing of this checkout, and only a registry on loopback.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** What npm and its shell commands use, besides Node.js itself. */
const PROGRAMS = [
  'sh',
  'tar',
  'gzip',
  'rm',
  'mkdir',
  'ln',
  'uname',
  'sed',
  'dirname',
  'env',
  'cat',
  'basename',
  'readlink',
];
/** A command that takes longer has hung. */
const LIMIT_MS = 300_000;
const SETPRIV = ['/usr/bin/setpriv', '--reuid', '54321', '--regid', '54321', '--clear-groups'];

export class Place {
  /**
   * @param tools - `{ node, npm, pnpm, yarn, berry }`: the Node.js to run, and the entry files of the package managers
   * @param options - `name`: of the folder; `stranger`: run as a user ID that the system does not know, without HOME
   */
  constructor(tools, registry, { name = 'app', stranger = false, cache } = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'tsexpose-place-'));
    this.folder = join(this.root, name);
    this.stranger = stranger;
    const bin = join(this.root, 'bin');
    const home = join(this.root, 'home');
    for (const folder of [bin, home, this.folder]) mkdirSync(folder, { recursive: true });
    for (const program of PROGRAMS) {
      const found = ['/bin', '/usr/bin'].map((folder) => join(folder, program)).find((path) => existsSync(path));
      symlinkSync(found, join(bin, program));
    }
    symlinkSync(tools.node, join(bin, 'node'));
    const scripts = { ...tools, npx: join(dirname(tools.npm), 'npx-cli.js') };
    for (const name of ['npm', 'npx', 'pnpm', 'yarn', 'berry']) {
      if (scripts[name]) this.#program(bin, name, `exec "${tools.node}" "${scripts[name]}" "$@"`);
    }
    this.env = {
      PATH: bin,
      TMPDIR: this.root,
      npm_config_registry: registry,
      npm_config_cache: cache ?? join(this.root, 'npm cache'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ''),
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_NPM_MINIMAL_AGE_GATE: '0',
      COREPACK_ENABLE_STRICT: '0',
      NO_UPDATE_NOTIFIER: '1',
      TS_NO_LOGS_NO_SUPPORT: 'true',
      TS_PANIC_IF_HIT_MAIN_CONTROL: '1',
      ...(stranger ? {} : { HOME: home }),
    };
    writeFileSync(join(home, '.npmrc'), `registry=${registry}\n`); // pnpm does not read the variable
    if (stranger) execFileSync('chown', ['-R', '54321:54321', this.root]);
    chmodSync(this.root, 0o755);
  }

  #program(bin, name, line) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }

  write(path, text) {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    const isData = typeof text === 'string' || Buffer.isBuffer(text);
    writeFileSync(file, isData ? text : JSON.stringify(text));
    return file;
  }

  /** Runs a shell command in the folder; resolves with `{ code, stdout, stderr }` whether or not it fails. */
  run(command, env = {}) {
    const [program, ...args] = this.#words(command);
    const options = { cwd: this.folder, env: { ...this.env, ...env }, timeout: LIMIT_MS, maxBuffer: 1 << 26 };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        resolve({ command, code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
      });
    });
  }

  /** Runs a shell command that has to succeed, and returns what it prints. */
  async mustRun(command, env) {
    const result = await this.run(command, env);
    if (result.code !== 0)
      throw new Error(`${command} exited with ${result.code}:\n${result.stdout}${result.stderr}`.slice(0, 4000));
    return result.stdout;
  }

  /** Starts a command that prints JSON lines: `event(name)` waits for one; `stop()` interrupts it and returns the last. */
  start(command, env = {}) {
    const [program, ...args] = this.#words(`exec ${command}`);
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const events = [];
    let stderr = '';
    let wake = () => {};
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) events.push(JSON.parse(line));
      wake();
    });
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
    ended.then(() => wake());
    const limit = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), LIMIT_MS);
    ended.then(() => clearTimeout(limit));
    return {
      child,
      async event(name) {
        for (;;) {
          const found = events.find(({ event }) => event === name);
          if (found) return found;
          if (child.exitCode !== null || child.signalCode !== null)
            throw new Error(`${command} ended without ${name}:\n${stderr}`.slice(0, 4000));
          await new Promise((resolve) => {
            wake = resolve;
          });
        }
      },
      async stop() {
        process.kill(-child.pid, 'SIGINT'); // to all of them, as Ctrl-C does
        await ended;
        return events.at(-1);
      },
    };
  }

  #words(command) {
    return [...(this.stranger ? SETPRIV : []), '/bin/sh', '-c', command];
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true });
  }
}
