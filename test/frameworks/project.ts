/** A framework's fixture, installed, and its dev server. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Framework } from './frameworks.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const REPOSITORY = join(import.meta.dirname, '../..');
/** Where what the fixtures need is kept between two runs. */
const INSTALLED = process.env.TSEXPOSE_TEST_FRAMEWORKS_DIR ?? join(tmpdir(), 'tsexpose-frameworks');

/** Returns whether what a framework needs is installed. */
export function isInstalled({ fixture, requires }: Framework): boolean {
  if (requires && !existsSync(requires.program)) return false;
  const list = listOf(fixture);
  return list === undefined || readText(join(INSTALLED, fixture, 'installed')) === list.text;
}

/** Installs what a framework needs, with the versions that the fixture names. */
export function install({ fixture, requires }: Framework): void {
  if (requires && !existsSync(requires.program)) throw new Error(`Run apt-get install ${requires.packages}`);
  const list = listOf(fixture);
  if (list === undefined) return;
  const directory = join(INSTALLED, fixture);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, list.name), list.text);
  if (list.name === 'package.json') run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], directory);
  else {
    run('python3', ['-m', 'venv', 'venv'], directory);
    run(join(directory, 'venv/bin/pip'), ['install', '--quiet', '-r', list.name], directory);
  }
  writeFileSync(join(directory, 'installed'), list.text);
}

/** A copy of a fixture. */
export class Project implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsexpose-framework-'));
  readonly env: NodeJS.ProcessEnv;
  readonly #framework: Framework;

  constructor(framework: Framework) {
    const { fixture } = framework;
    this.#framework = framework;
    cpSync(join(FIXTURES, fixture), this.directory, { recursive: true });
    const isOwn = listOf(fixture) !== undefined;
    const modules = join(isOwn ? join(INSTALLED, fixture) : REPOSITORY, 'node_modules');
    if (existsSync(modules)) cpOrLink(modules, join(this.directory, 'node_modules'), isOwn);
    const programs = [join(this.directory, 'node_modules/.bin'), join(INSTALLED, fixture, 'venv/bin')];
    const path = [...programs, process.env.PATH].join(delimiter);
    this.env = { PATH: path, HOME: this.directory, NO_COLOR: '1', ...framework.env };
  }

  /** Starts the dev server, and waits for its port. */
  async start(port: number): Promise<AsyncDisposable & { output: () => string }> {
    const [command = '', ...args] = this.#framework.command(port);
    const child = spawn(command, args, {
      ...{ cwd: this.directory, env: this.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (output += text));
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`${command} exited: ${output}`);
      await sleep(200);
    }
    return { output: () => output, [Symbol.asyncDispose]: () => end(child) };
  }

  /** Replaces the text that the page shows, and returns the new one. */
  edit(): string {
    const path = join(this.directory, this.#framework.edit!);
    const text = readFileSync(path, 'utf8');
    const [from, to] = text.includes('Hello one') ? ['Hello one', 'Hello two'] : ['Hello two', 'Hello one'];
    writeFileSync(path, text.replace(from, to));
    return to;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

// Turbopack does not follow a link out of the project.
function cpOrLink(from: string, to: string, isOwn: boolean): void {
  if (!isOwn) symlinkSync(from, to);
  else run('cp', ['-al', from, to], '/');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid!, 'SIGKILL');
  await exit;
}

async function listens(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const socket = connect(port, host);
    const found = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (found) return true;
  }
  return false;
}

function listOf(fixture: string): { name: string; text: string } | undefined {
  for (const name of ['package.json', 'requirements.txt']) {
    const text = readText(join(FIXTURES, fixture, name));
    if (text !== undefined) return { name, text };
  }
  return undefined;
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
}
