import { readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { ERRORS, TsexposeError, type TsexposeErrorCode } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { openRuntimeDirectory } from './directory.ts';
import type { NodeStatus } from './server.ts';

/** How long a process may take to respond, in milliseconds; after that it counts as stuck and is left out. */
const RESPONSE_MS = 5000;

/** A running node of this user on this machine. */
export class RunningNode {
  readonly path: string;
  /** Its status when it was found. */
  readonly found: NodeStatus;

  constructor(path: string, found: NodeStatus) {
    this.path = path;
    this.found = found;
  }

  /** Returns its current status. */
  async status(): Promise<NodeStatus> {
    return (await ask(this.path, 'GET', '/status')) as NodeStatus;
  }

  /**
   * Returns who is behind a tailnet address.
   *
   * @param address `ip`, `ip:port`, `[v6]:port` or a MagicDNS name.
   * @throws `ERR_TSEXPOSE_NOT_FOUND` if the node does not know the address.
   */
  async whois(address: string): Promise<Identity> {
    return (await ask(this.path, 'GET', `/whois?${new URLSearchParams({ address })}`)) as Identity;
  }

  /** Asks it to close; resolves before it has closed. */
  async close(): Promise<void> {
    await ask(this.path, 'POST', '/close');
  }
}

/**
 * Finds the running nodes of this user, sorted by name. Removes the sockets of dead processes.
 *
 * @param directory Directory of the sockets. @default the runtime directory
 */
export async function findNodes(directory?: string): Promise<RunningNode[]> {
  const opened = await openRuntimeDirectory(directory);
  const sockets = (await readdir(opened)).filter((name) => name.endsWith('.sock'));
  const found = await Promise.all(sockets.map((name) => openNode(join(opened, name))));
  return found.filter((node) => node !== undefined).sort((a, b) => a.found.name.localeCompare(b.found.name));
}

/**
 * Finds a running node by its name, or the only one if no name is given.
 *
 * @throws `ERR_TSEXPOSE_NOT_RUNNING` if no node is running, or none with that name.
 * @throws `ERR_TSEXPOSE_USAGE` if several are running and no name is given.
 */
export async function findNode(name?: string, directory?: string): Promise<RunningNode> {
  const nodes = await findNodes(directory);
  const [only, another] = name === undefined ? nodes : nodes.filter(({ found }) => found.name === name);
  if (only && (name !== undefined || !another)) return only;
  const names = nodes.map(({ found }) => found.name);
  if (!another) throw notRunning(name, names);
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', `${names.length} nodes are running; choose one with --name.`, {
    suggestions: names.map((running) => `--name ${running}`),
  });
}

/** Returns the error for a node that was not found among the running ones. */
export function notRunning(name?: string, running: string[] = []): TsexposeError {
  if (name === undefined || running.length === 0) {
    const message = 'No tsexpose node is running on this machine.';
    return new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions: ['tsexpose 3000', 'tsexpose demo'] });
  }
  const message = `No running node is named ${name}. Running: ${running.join(', ')}.`;
  const suggestions = running.map((other) => `--name ${other}`);
  return new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions });
}

async function openNode(path: string): Promise<RunningNode | undefined> {
  try {
    return new RunningNode(path, (await ask(path, 'GET', '/status')) as NodeStatus);
  } catch (error) {
    // Nothing listens: its process was killed before it could clean up.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') await rm(path, { force: true });
    return undefined;
  }
}

function ask(socketPath: string, method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(RESPONSE_MS);
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
