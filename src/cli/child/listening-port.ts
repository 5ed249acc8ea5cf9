import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

/** The default port of Node's debugger; each child process takes the next one. */
const DEBUG_PORT = 9229;
const DEBUG_PORTS = 10;
/** The state `LISTEN` in /proc/net/tcp. */
const LISTEN = '0A';
/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104 there, little-endian. */
const LOOPBACK = /^(0{24}01000000|(0{16}FFFF0000)?[\dA-F]{6}7F)$/;

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
  return ['tcp', 'tcp6']
    .flatMap((table) => listening('self', table))
    .some((socket) => socket.port === port && !socket.isLoopback);
}

function portsInProc(leader: number): number[] {
  const members = sessionMembers(leader);
  const inodes = new Set(members.flatMap(socketInodes));
  const debuggers = members.flatMap(debugPorts);
  const isDebugger = (port: number) => debuggers.some((first) => port >= first && port < first + DEBUG_PORTS);
  return ['tcp', 'tcp6']
    .flatMap((table) => listening(leader, table))
    .filter(({ inode, port }) => inodes.has(inode) && !isDebugger(port))
    .map(({ port }) => port);
}

/** Returns the listening sockets in a process's network namespace; proc_net_tcp has addresses in host byte order. */
function listening(pid: number | 'self', table: string): { port: number; inode: string; isLoopback: boolean }[] {
  return linesOf(`/proc/${pid}/net/${table}`)
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = '', , , , , , , , inode = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { port: Number.parseInt(port, 16), inode, isLoopback: LOOPBACK.test(address) };
    });
}

/** Returns the processes of a session (proc_pid_stat(5)). The name before the fields may contain parentheses. */
function sessionMembers(leader: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const [stat = ''] = linesOf(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3] === String(leader);
  });
}

function socketInodes(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode ?? [];
    });
  } catch {
    return []; // the process has exited
  }
}

function debugPorts(pid: string): number[] {
  const words = [...wordsOf(`/proc/${pid}/cmdline`), ...wordsOf(`/proc/${pid}/environ`)];
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

const linesOf = (path: string) => textOf(path).split('\n').filter(Boolean);
const wordsOf = (path: string) => textOf(path).split('\0');

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has exited, or belongs to another user
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
