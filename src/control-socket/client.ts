import { readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { ERRORS, TsexposeError, type TsexposeErrorCode } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { openRuntimeDirectory } from './directory.ts';
import type { NodeStatus } from './server.ts';

/** A process that is asked in vain for this long is stuck; those beside it still get their turn. */
const ANSWER_MS = 5000;

/** A running exposure of this user on this machine. */
export class RunningNode {
  readonly path: string;
  /** How it was when it was found. */
  readonly found: NodeStatus;

  constructor(path: string, found: NodeStatus) {
    this.path = path;
    this.found = found;
  }

  /** How it is now. */
  async status(): Promise<NodeStatus> {
    return (await ask(this.path, 'GET', '/status')) as NodeStatus;
  }

  /**
   * Who is behind a tailnet address.
   *
   * @param address `ip`, `ip:port`, `[v6]:port` or a MagicDNS name.
   * @throws `ERR_TSEXPOSE_NOT_FOUND` when the node knows nobody there.
   */
  async whois(address: string): Promise<Identity> {
    return (await ask(this.path, 'GET', `/whois?${new URLSearchParams({ address })}`)) as Identity;
  }

  /** Asks it to close; returns before it has. */
  async close(): Promise<void> {
    await ask(this.path, 'POST', '/close');
  }
}

/**
 * The running exposures of this user, by name; sockets that dead processes left are removed.
 *
 * @param directory Where the sockets are. @default the runtime directory
 */
export async function findNodes(directory?: string): Promise<RunningNode[]> {
  const opened = await openRuntimeDirectory(directory);
  const sockets = (await readdir(opened)).filter((name) => name.endsWith('.sock'));
  const found = await Promise.all(sockets.map((name) => openNode(join(opened, name))));
  return found.filter((instance) => instance !== undefined).sort((a, b) => a.found.name.localeCompare(b.found.name));
}

/**
 * The one running exposure that is meant: by its name, or the only one where no name is given.
 *
 * @throws `ERR_TSEXPOSE_NOT_RUNNING` when there is none, or none of that name.
 * @throws `ERR_TSEXPOSE_USAGE` when several run and no name says which.
 */
export async function findNode(name?: string, directory?: string): Promise<RunningNode> {
  const instances = await findNodes(directory);
  const [only, another] = name === undefined ? instances : instances.filter(({ found }) => found.name === name);
  if (only && (name !== undefined || !another)) return only;
  const names = instances.map(({ found }) => found.name);
  if (another) {
    throw new TsexposeError('ERR_TSEXPOSE_USAGE', `Expected --name, because ${names.length} nodes are running.`, {
      suggestions: names.map((running) => `--name ${running}`),
    });
  }
  const wanted = name === undefined ? 'a running tsexpose on this machine' : `a running node named ${name}`;
  throw new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', `Expected ${wanted}, found ${names.join(', ') || 'none'}.`, {
    suggestions: names.length > 0 ? names.map((running) => `--name ${running}`) : ['tsexpose 3000', 'tsexpose demo'],
  });
}

async function openNode(path: string): Promise<RunningNode | undefined> {
  try {
    return new RunningNode(path, (await ask(path, 'GET', '/status')) as NodeStatus);
  } catch (error) {
    // Nobody listens any more: its process was killed before it could tidy up.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') await rm(path, { force: true });
    return undefined;
  }
}

function ask(socketPath: string, method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request({ socketPath, method, path, signal, agent: false }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        const body = JSON.parse(text);
        if (response.statusCode === 200) resolve(body);
        else reject(asError(body));
      } catch (error) {
        reject(error);
      }
    });
    asked.on('error', reject).end();
  });
}

function asError({ code, message, suggestions }: { code?: string; message: string; suggestions?: string[] }): Error {
  if (code && code in ERRORS) return new TsexposeError(code as TsexposeErrorCode, message, { suggestions });
  return Object.assign(new Error(message), { code });
}
