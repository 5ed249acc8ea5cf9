import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { abortError, TsexposeError } from '../errors.ts';
import { isCheckout } from '../installation.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { platformFile } from '../platform-package.ts';
import type { ReadyLine } from './ready.ts';

/**
 * Finds the sandbox program: the file named by `TSEXPOSE_SANDBOX_BINARY`, the one built in this checkout, or the one in
 * this platform's package, whichever comes first.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` if there is none
 */
export function findProgram(): string {
  const override = process.env.TSEXPOSE_SANDBOX_BINARY;
  if (override) return override;
  if (!isCheckout()) return platformFile('sandbox');
  const built = join(PACKAGE_ROOT, 'build', 'sandbox');
  if (existsSync(built)) return built;
  const message = 'The sandbox program is missing: build/sandbox was not found.';
  throw new TsexposeError('ERR_TSEXPOSE_SANDBOX', message, { suggestions: ['npm run build'] });
}

export interface ProgramOptions {
  binary: string;
  args: string[];
  signal?: AbortSignal;
  /** Receives the program's log, line by line. */
  log?: (line: string) => void;
}

/** The running program. */
export interface Program {
  child: ChildProcess;
  ready: ReadyLine;
  /** Settles once the program has ended and its files are gone, with an error if it ended by itself. */
  ended: Promise<TsexposeError | undefined>;
  /** Ends the program by ending its stdin; resolves once it is gone. */
  end(): Promise<void>;
}

/** How much of the program's output an error quotes, in characters. */
const tailLength = 2000;

/**
 * Starts the program and waits for its ready line.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` with what the program printed; an `AbortError` when the signal fires
 */
export async function startProgram({ binary, args, signal, log }: ProgramOptions): Promise<Program> {
  if (signal?.aborted) throw abortError(signal);
  // In its own process group, so that Ctrl-C in a terminal does not end it before our nodes have left the tailnet.
  const child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let printed = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    printed = `${printed}${line}\n`.slice(-tailLength);
    log?.(line);
  });
  // The program may have exited before its stdin is ended.
  child.stdin.on('error', () => {});

  let asked = false;
  let dir: string | undefined;
  const ended = new Promise<TsexposeError | undefined>((resolve) => {
    const end = async (how: string, cause?: Error) => {
      // A killed program could not clean up. What cannot be removed stays in the directory for temporary files.
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
    throw died(binary, `printed ${JSON.stringify(first.slice(0, 200))} instead of its ready line`, printed);
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
    suggestions: curesFor(printed) ?? [`${binary} --verbose </dev/tty`],
    cause,
  });
}

function curesFor(printed: string): string[] | undefined {
  if (printed.includes('address already in use')) return ['Choose another port, or leave it out to get a free one.'];
  if (printed.includes('the temporary directory cannot be used')) return ['export TMPDIR=/tmp'];
  return undefined;
}
