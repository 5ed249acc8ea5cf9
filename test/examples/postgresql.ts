import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.ts';

const VERSIONS = '/usr/lib/postgresql';

/** The directory of PostgreSQL's server programs, or undefined if PostgreSQL is not installed. */
export const postgresPrograms: string | undefined = existsSync(VERSIONS)
  ? readdirSync(VERSIONS)
      .map((version) => join(VERSIONS, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')))
  : undefined;

/** A PostgreSQL server with an empty database, on a loopback port. */
export class PostgreSql {
  readonly port: number;
  readonly #server: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, server: ChildProcess, directory: string) {
    this.port = port;
    this.#server = server;
    this.#directory = directory;
  }

  static async start(bin: string): Promise<PostgreSql> {
    const directory = mkdtempSync(join(tmpdir(), 'tsexpose-postgres-'));
    // PostgreSQL refuses to run as root.
    const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    if ('uid' in account) chownSync(directory, account.uid!, account.gid!);
    const data = join(directory, 'data');
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'];
    execFileSync(join(bin, 'initdb'), initdb, { ...account, cwd: directory, stdio: 'ignore' });
    const port = await freePort();
    const args = ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    const server = spawn(join(bin, 'postgres'), args, {
      ...account,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const line of createInterface({ input: server.stderr! })) {
      if (line.includes('ready to accept connections')) break;
    }
    server.stderr!.resume();
    return new PostgreSql(port, server, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.kill('SIGINT');
    if (this.#server.exitCode === null) await once(this.#server, 'exit');
    rmSync(this.#directory, { recursive: true });
  }
}
