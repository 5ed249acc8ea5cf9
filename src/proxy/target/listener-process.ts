/** Which process listens on a port of this machine. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

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
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set(
    ['tcp', 'tcp6']
      .flatMap((table) => textOf(`/proc/net/${table}`).split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === '0A' && local?.endsWith(end))
      .map((fields) => `socket:[${fields[9]}]`),
  );
  if (sockets.size === 0) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && holdsOne(name, sockets));
  return pids.flatMap(chain);
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // of another user, or gone
  }
}

function chain(pid: string): string[] {
  const commands: string[] = [];
  for (let next = pid; next > '1' && commands.length <= MOST_PARENTS; ) {
    commands.push(textOf(`/proc/${next}/cmdline`).replaceAll('\0', ' ').trim());
    const stat = textOf(`/proc/${next}/stat`);
    next = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '0';
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

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
