import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listeningSockets, processIds, socketsOf, statOf, wordsOf } from '../../proc.ts';

/** The default port of Node's debugger; each child process takes the next one. */
const DEBUG_PORT = 9229;
const DEBUG_PORTS = 10;

/**
 * Returns the TCP ports that a process and its children listen on. Leaves out the debugger's, because anyone who
 * reaches one can run code.
 *
 * @param leader The PID of the process, which leads a session and a process group of its own.
 */
export async function listeningPorts(leader: number): Promise<number[]> {
  const ports = process.platform === 'linux' ? portsInProc(leader) : await portsInLsof(leader);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Returns whether other machines can connect to a port of this one. Linux only; always false elsewhere. */
export function listensBeyondLoopback(port: number): boolean {
  return listeningSockets('self').some((socket) => socket.port === port && !socket.isLoopback);
}

function portsInProc(leader: number): number[] {
  const members = processIds().filter((pid) => statOf(pid)?.session === leader);
  const inodes = new Set(members.flatMap(socketsOf));
  const debuggers = members.flatMap(debugPorts);
  const isDebugger = (port: number) => debuggers.some((first) => port >= first && port < first + DEBUG_PORTS);
  return listeningSockets(leader)
    .filter(({ inode, port }) => inodes.has(inode) && !isDebugger(port))
    .map(({ port }) => port);
}

function debugPorts(pid: number): number[] {
  const words = [...wordsOf(pid, 'cmdline'), ...wordsOf(pid, 'environ')];
  return words.flatMap((word) => {
    const [flag, port] = /--inspect(?:-brk|-wait|-port)?(?:=(?:\S*:)?(\d+)\b)?/.exec(word) ?? [];
    return flag ? Number(port ?? DEBUG_PORT) : [];
  });
}

async function portsInLsof(leader: number): Promise<number[]> {
  const args = ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-g', String(leader), '-Fn'];
  // lsof fails if nothing is listening yet.
  const stdout = await promisify(execFile)('lsof', args).then(
    (result) => result.stdout,
    () => '',
  );
  const ports = [...stdout.matchAll(/^n.*:(\d+)$/gm)].map(([, port]) => Number(port));
  return ports.filter((port) => port < DEBUG_PORT || port >= DEBUG_PORT + DEBUG_PORTS);
}
