/** What /proc says about the processes and sockets of this machine. Linux only; elsewhere, there is nothing. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The state `LISTEN` in /proc/net/tcp. */
const LISTEN = '0A';
/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104 there, little-endian. */
const LOOPBACK = /^(0{24}01000000|(0{16}FFFF0000)?[\dA-F]{6}7F)$/;

/** A process by its ID, or this one. */
export type ProcessId = number | 'self';

/** Where a process belongs, as IDs. */
export interface ProcessStat {
  parent: number;
  group: number;
  session: number;
  /** The process group in the foreground of its terminal; below 1 for none. */
  foreground: number;
}

/** A TCP socket that listens. */
export interface ListeningSocket {
  port: number;
  inode: string;
  /** Whether only this machine can connect. */
  isLoopback: boolean;
}

/** Returns the IDs of all processes. */
export function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Returns where a process belongs (proc_pid_stat(5)); undefined if it has exited. */
export function statOf(pid: ProcessId): ProcessStat | undefined {
  const stat = textOf(pid, 'stat');
  if (stat === '') return undefined;
  // The name before the fields, in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, parent, group, session, , foreground] = fields.map(Number);
  return { parent: parent!, group: group!, session: session!, foreground: foreground! };
}

/** Returns the words of its command line or the variables of its environment; none if it belongs to another user. */
export function wordsOf(pid: ProcessId, of: 'cmdline' | 'environ'): string[] {
  return textOf(pid, of).split('\0');
}

/** Returns the inodes of the sockets that a process has open; none if it belongs to another user. */
export function socketsOf(pid: ProcessId): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode ?? [];
    });
  } catch {
    return [];
  }
}

/** Returns the sockets that listen in a process's network namespace; proc_net_tcp(5) has addresses in host byte order. */
export function listeningSockets(pid: ProcessId): ListeningSocket[] {
  return ['net/tcp', 'net/tcp6']
    .flatMap((table) => textOf(pid, table).split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = '', , , , , , , , inode = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { port: Number.parseInt(port, 16), inode, isLoopback: LOOPBACK.test(address) };
    });
}

function textOf(pid: ProcessId, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
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
