/** Which process listens on a port of this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listeningSockets, processIds, socketsOf, statOf, wordsOf } from '../../proc.ts';

/** How many of its parents may have started it: `npm run dev` runs a shell, which runs the server, which may fork. */
const MOST_PARENTS = 2;

/**
 * Returns the command lines of the processes that listen on ports, by port, each followed by those that started it. Leaves
 * out processes of other users.
 */
export async function commandsAt(ports: readonly number[]): Promise<Map<number, string[]>> {
  if (process.platform === 'linux') return commandsInProc(new Set(ports));
  return new Map(await Promise.all(ports.map(async (port) => [port, await commandsInPs(port)] as const)));
}

/** Looks at all processes once, whatever the number of ports. */
function commandsInProc(ports: ReadonlySet<number>): Map<number, string[]> {
  const sockets = listeningSockets('self').filter(({ port }) => ports.has(port));
  const portOf = new Map(sockets.map(({ inode, port }) => [inode, port]));
  const commands = new Map<number, string[]>();
  if (portOf.size === 0) return commands;
  for (const pid of processIds()) {
    for (const port of new Set(socketsOf(pid).flatMap((inode) => portOf.get(inode) ?? []))) {
      commands.set(port, [...(commands.get(port) ?? []), ...chain(pid)]);
    }
  }
  return commands;
}

function chain(pid: number): string[] {
  const commands: string[] = [];
  for (let next = pid; next > 1 && commands.length <= MOST_PARENTS; next = statOf(next)?.parent ?? 0) {
    commands.push(wordsOf(next, 'cmdline').join(' ').trim());
  }
  return commands;
}

async function commandsInPs(port: number): Promise<string[]> {
  const run = promisify(execFile);
  try {
    const { stdout } = await run('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { timeout: 2000 });
    const commands: string[] = [];
    for (let pid = stdout.trim().split('\n')[0]; pid && pid > '1' && commands.length <= MOST_PARENTS; ) {
      const { stdout: line } = await run('ps', ['-o', 'ppid=,command=', '-p', pid], { timeout: 2000 });
      const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(line) ?? [];
      commands.push(command);
      pid = parent;
    }
    return commands;
  } catch {
    return []; // no such program, or no such process
  }
}
