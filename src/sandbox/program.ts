import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { abortError, TsexposeError } from '../errors.ts';
import type { ReadyLine } from './ready.ts';

const require = createRequire(import.meta.url);
const packageRoot = join(import.meta.dirname, '..', '..');

/**
 * Where the sandbox program is: the file that `TSEXPOSE_SANDBOX_BINARY` names, else the one built in this checkout,
 * else the one of this platform's package.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` where there is none
 */
export function findProgram(): string {
  const override = process.env.TSEXPOSE_SANDBOX_BINARY;
  if (override) return override;
  const built = join(packageRoot, 'build', 'sandbox');
  if (existsSync(built)) return built;
  const name = `@tsexpose/${process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), 'sandbox');
  } catch (cause) {
    const checkout = existsSync(join(packageRoot, 'binding.gyp'));
    throw new TsexposeError(
      'ERR_TSEXPOSE_SANDBOX',
      `Expected the sandbox program in ${checkout ? 'build/sandbox' : `the package ${name}`}, and it is not there.`,
      { suggestions: [checkout ? 'npm run build' : 'npm install --include=optional tsexpose'], cause },
    );
  }
}

export interface ProgramOptions {
  binary: string;
  args: string[];
  signal?: AbortSignal;
  /** Receives what the program logs, a line at a time. */
  log?: (line: string) => void;
}

/** The running program. */
export interface Program {
  child: ChildProcess;
  ready: ReadyLine;
  /** Settles when the program has ended and its files are gone: with the error when nobody asked it to end. */
  ended: Promise<TsexposeError | undefined>;
  /** Ends the program by ending its stdin; resolves when it is gone. */
  end(): Promise<void>;
}

/** How much of what the program printed an error repeats, in characters. */
const tailLength = 2000;

/**
 * Starts the program and waits for its ready line.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` with what the program printed; an `AbortError` when the signal fires
 */
export async function startProgram({ binary, args, signal, log }: ProgramOptions): Promise<Program> {
  if (signal?.aborted) throw abortError(signal);
  // Its own process group: a Ctrl-C in the terminal is for us, who end the program after our nodes have left it.
  const child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let printed = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    printed = `${printed}${line}\n`.slice(-tailLength);
    log?.(line);
  });
  // The program may be gone when its stdin is ended.
  child.stdin.on('error', () => {});

  let asked = false;
  let dir: string | undefined;
  const ended = new Promise<TsexposeError | undefined>((resolve) => {
    const end = async (how: string, cause?: Error) => {
      // A program that was killed could not tidy up; what cannot be removed is left to whoever tidies that directory.
      if (dir) await rm(dir, { recursive: true, force: true }).catch(() => {});
      resolve(asked ? undefined : died(binary, how, printed, cause));
    };
    child.once('error', (error) => child.pid === undefined && end(`could not be started: ${error.message}`, error));
    child.once('close', (code, killer) => end(killer ? `was killed by ${killer}` : `ended with exit code ${code}`));
  });
  const end = async () => {
    asked = true;
    child.stdin.end();
    await ended;
  };

  const firstLine = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  const aborted = new Promise<'aborted'>((resolve) =>
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true }),
  );
  const first = await Promise.race([firstLine, ended, aborted]);
  if (first === 'aborted') {
    await end();
    throw abortError(signal!);
  }
  if (typeof first !== 'string') throw first;
  const ready = parseReady(first);
  if (!ready) {
    child.kill('SIGKILL');
    await end();
    throw died(binary, `began with ${JSON.stringify(first.slice(0, 200))} and not with its ready line`, printed);
  }
  dir = ready.dir;
  return { child, ready, ended, end };
}

function parseReady(line: string): ReadyLine | undefined {
  try {
    const ready = JSON.parse(line);
    return ready?.event === 'ready' ? ready : undefined;
  } catch {
    return undefined;
  }
}

function died(binary: string, how: string, printed: string, cause?: Error): TsexposeError {
  const said = printed.trim() ? ` It printed:\n${printed.trim()}` : '';
  return new TsexposeError('ERR_TSEXPOSE_SANDBOX', `The sandbox program ${how}.${said}`, {
    suggestions: printed.includes('address already in use')
      ? ['Choose another port, or none: a free one is taken then.']
      : [`${binary} --verbose </dev/tty`],
    cause,
  });
}
