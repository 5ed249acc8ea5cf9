/** Which process listens on a port of this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listeningSockets, processIds, socketsOf, statOf, wordsOf } from '../../proc.ts';

/** How many of its parents may have started it: `npm run dev` runs a shell, which runs the server, which may fork. */
const MOST_PARENTS = 2;

/**
 * Returns the command lines of the processes that listen on a port, each followed by those that started it. Empty if they
 * belong to another user.
 */
export async function commandsAt(port: number): Promise<string[]> {
  return process.platform === 'linux' ? commandsInProc(port) : await commandsInPs(port);
}

function commandsInProc(port: number): string[] {
  const sockets = listeningSockets('self').filter((socket) => socket.port === port);
  const inodes = new Set(sockets.map(({ inode }) => inode));
  if (inodes.size === 0) return [];
  const pids = processIds().filter((pid) => socketsOf(pid).some((inode) => inodes.has(inode)));
  return pids.flatMap(chain);
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
