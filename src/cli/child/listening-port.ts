import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

/** Where Node's debugger listens unless told otherwise; each child process takes the next port. */
const DEBUG_PORT = 9229;
const DEBUG_PORTS = 10;
/** The state `LISTEN` in /proc/net/tcp. */
const LISTEN = '0A';
/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104 there, little-endian. */
const LOOPBACK = /^(0{24}01000000|(0{16}FFFF0000)?[\dA-F]{6}7F)$/;

/**
 * The TCP ports on which a process listens, or one that it has started. The debugger's are left out: whoever reaches
 * one of those can run code.
 *
 * @param leader The process's pid; it has to lead a session and a process group of its own.
 */
export async function listeningPorts(leader: number): Promise<number[]> {
  const ports = process.platform === 'linux' ? portsInProc(leader) : await portsInLsof(leader);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Whether other machines can connect to a port of this one. Linux only; elsewhere nothing is said. */
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

/** The listening sockets that a process could see (proc_net_tcp: addresses are words in the machine's own byte order). */
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

/** The processes of a session (proc_pid_stat(5); the name before the fields may itself have parentheses). */
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
    return []; // it has ended
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
  // It ends with an error where nothing listens yet.
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
    return ''; // the process has ended, or is another user's
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
