import { closeSync, constants, openSync, write } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { TsexposeError } from '../../errors.ts';
import type { RequestEvent } from '../../events.ts';
import type { LogFormat } from '../flags/log-flags.ts';
import { accessLogLine } from './line.ts';

const writeBytes = promisify(write);

/** How long lines are collected before they are written, in milliseconds. */
const BATCH_MS = 20;
/** Characters that may wait to be written. Lines beyond that are dropped. */
const BACKLOG = 4 * 1024 * 1024;

/** A named pipe without a reader must not block. */
const OPEN = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

export interface AccessLogOptions {
  path: string;
  format: LogFormat;
  /** Called when lines are lost, once until they are not, and when the file cannot be reopened. */
  onTrouble: (message: string) => void;
}

/** A file with a line for each request. No error of the file ends the program: lines that it does not take are dropped. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  #fd: number;
  #waiting: string[] = [];
  #size = 0;
  #torn = false;
  #dropped = 0;
  #reopen = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  /** @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION` if the file cannot be opened */
  constructor(options: AccessLogOptions) {
    this.#options = options;
    try {
      this.#fd = open(options.path);
    } catch (cause) {
      throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', cannotOpen(options.path, cause), {
        suggestions: [`ls -ld ${dirname(options.path)}`, '--access-log access.log'],
        cause,
      });
    }
  }

  /** Adds the line of a request. */
  write(event: RequestEvent): void {
    if (this.#closed) return;
    const line = accessLogLine(event, this.#options.format);
    if (this.#size + line.length > BACKLOG) {
      this.#drop(1, 'they came faster than they could be written');
      return;
    }
    this.#waiting.push(line);
    this.#size += line.length + 1;
    this.#timer ??= setTimeout(() => void this.flush(), BATCH_MS).unref();
  }

  /** Opens the file again by its name, after a program such as logrotate has moved it away. */
  reopen(): void {
    this.#reopen = true;
    void this.flush();
  }

  /** Resolves when the lines so far are written or dropped. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#drain());
    return this.#writing;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    closeSync(this.#fd);
  }

  async #drain(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    if (lines.length > 0) await this.#writeLines(lines);
    if (!this.#reopen) return;
    this.#reopen = false;
    try {
      const fd = open(this.#options.path);
      closeSync(this.#fd);
      this.#fd = fd;
      this.#torn = false;
    } catch (error) {
      this.#options.onTrouble(`${cannotOpen(this.#options.path, error)} It goes on in the old file.`);
    }
  }

  async #writeLines(lines: readonly string[]): Promise<void> {
    // The beginning of a line may have fit before an error.
    let rest = Buffer.from(`${this.#torn ? '\n' : ''}${lines.join('\n')}\n`);
    try {
      while (rest.length > 0) {
        const { bytesWritten } = await writeBytes(this.#fd, rest);
        rest = rest.subarray(bytesWritten);
        this.#torn = rest.length > 0;
      }
    } catch (error) {
      const ends = rest.filter((byte) => byte === 10).length;
      this.#drop(Math.min(ends, lines.length), (error as Error).message);
      return;
    }
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.onTrouble(`The access log is written again; ${dropped} lines are missing.`);
  }

  #drop(count: number, why: string): void {
    const isNews = this.#dropped === 0;
    this.#dropped += count;
    if (isNews) this.#options.onTrouble(`Lines are missing in the access log ${this.#options.path}: ${why}.`);
  }
}

function open(path: string): number {
  // rule: a new access log can only be read by its owner — mutate: 0o600 => 0o644
  return openSync(path, OPEN, 0o600);
}

function cannotOpen(path: string, error: unknown): string {
  return `Cannot open the access log ${path} (${(error as NodeJS.ErrnoException).code}).`;
}
