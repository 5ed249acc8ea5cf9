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

/** Returns what names a node on the command line. */
type Suggest = (which: string) => string;

const byFlag: Suggest = (which) => `--name ${which}`;

/** Returns the nodes with this name; otherwise that of the process with this ID. */
export function nodesNamed(nodes: readonly RunningNode[], which: string): RunningNode[] {
  const named = nodes.filter(({ found }) => found.name === which);
  return named.length > 0 ? named : nodes.filter(({ found }) => String(found.pid) === which);
}

/**
 * Finds a running node by its name or process ID, or the only one if neither is given.
 *
 * @throws `ERR_TSEXPOSE_NOT_RUNNING` if no node is running, or none with that name.
 * @throws `ERR_TSEXPOSE_USAGE` if several are running and no name is given, or several have that name.
 */
export async function findNode(which?: string, directory?: string): Promise<RunningNode> {
  const nodes = await findNodes(directory);
  return onlyNode(nodes, which, byFlag);
}

/**
 * Returns the only node, or the only one with this name or process ID.
 *
 * @throws as {@link findNode}
 */
export function onlyNode(nodes: readonly RunningNode[], which: string | undefined, suggest: Suggest): RunningNode {
  const matching = which === undefined ? nodes : nodesNamed(nodes, which);
  const [only, another] = matching;
  if (only === undefined) throw notRunning(which, nodes, suggest);
  if (another === undefined) return only;
  const suggestions = namesOf(matching).map(suggest);
  const message =
    which === undefined
      ? `${nodes.length} nodes are running; choose one ${suggest === byFlag ? 'with --name' : 'by its name'}.`
      : `${matching.length} nodes are named ${which}; choose one by its process ID.`;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions });
}

/** Returns the error for a node that was not found among the running ones. */
export function notRunning(
  which?: string,
  running: readonly RunningNode[] = [],
  suggest: Suggest = byFlag,
): TsexposeError {
  if (which === undefined || running.length === 0) {
    const message = 'No tsexpose node is running on this machine.';
    return new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions: ['tsexpose 3000', 'tsexpose demo'] });
  }
  const names = namesOf(running);
  const message = `No running node is named ${which}. Running: ${names.join(', ')}.`;
  return new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', message, { suggestions: names.map(suggest) });
}

/** Returns what tells nodes apart: their names, and the process IDs of those that share one. */
function namesOf(nodes: readonly RunningNode[]): string[] {
  return nodes.map(({ found }) => {
    const unique = nodes.filter((other) => other.found.name === found.name).length === 1;
    return unique ? found.name : String(found.pid);
  });
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
