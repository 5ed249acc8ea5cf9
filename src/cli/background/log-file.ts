/** The log files of nodes in the background: one per process, named after the node and the process ID. */
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TsexposeError } from '../../errors.ts';
import { stateHome } from '../../tailnet/state-dir.ts';
import { isRunning } from './process.ts';

/** A log file on disk. */
export interface LogFile {
  /** The requested name of the node. */
  name: string;
  pid: number;
  path: string;
}

/** Returns where the logs are. No name starts with a dot, so no node keeps its keys there. */
export function logDirectory(): string {
  return join(stateHome(), 'tsexpose', '.logs');
}

/** Returns the older part of a log, which was moved there when the log grew too long. */
export const olderPart = (path: string): string => `${path}.1`;

/** Returns the logs, the newest first. */
export function findLogs(directory = logDirectory()): LogFile[] {
  let files: string[];
  try {
    files = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return files
    .flatMap((file) => {
      const [, name, pid] = /^(.+)-(\d+)\.log$/.exec(file) ?? [];
      const path = join(directory, file);
      const time = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      return name && pid && time !== undefined ? [{ name, pid: Number(pid), path, time }] : [];
    })
    .sort((a, b) => b.time - a.time)
    .map(({ time: _, ...log }) => log);
}

/** A log that is opened before its process is started. */
export class NewLog {
  /** Descriptor to write to. */
  readonly fd: number;
  /** Path of the log, up to the process ID. */
  readonly stem: string;
  #path: string;

  /** @throws `ERR_TSEXPOSE_STATE_DIR` if it cannot be created */
  constructor(name: string, directory = logDirectory()) {
    this.stem = join(directory, `${name}-`);
    this.#path = `${this.stem}new-${process.pid}`;
    try {
      // rule: only the owner can list the logs — mutate: 0o700 => 0o755
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      removeOld(name, directory);
      rmSync(this.#path, { force: true });
      // rule: only the owner can read a log — mutate: 0o600 => 0o644
      this.fd = openSync(this.#path, 'ax', 0o600);
    } catch (cause) {
      const message = `Could not create a log in ${directory}: ${(cause as Error).message}.`;
      const suggestions = [`ls -ld ${directory}`, 'Set XDG_STATE_HOME to a directory that you own.'];
      throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', message, { suggestions, cause });
    }
  }

  get path(): string {
    return this.#path;
  }

  /** Names it after its process, and closes it here. */
  giveTo(pid: number): void {
    const path = `${this.stem}${pid}.log`;
    renameSync(this.#path, path);
    this.#path = path;
    closeSync(this.fd);
  }

  remove(): void {
    for (const path of [this.#path, olderPart(this.#path)]) rmSync(path, { force: true });
  }
}

/** Removes the logs of processes that have ended, except for the last one of this name. */
function removeOld(name: string, directory: string): void {
  const ended = findLogs(directory).filter((log) => log.name === name && !isRunning(log.pid));
  for (const { path } of ended.slice(1)) for (const part of [path, olderPart(path)]) rmSync(part, { force: true });
}
