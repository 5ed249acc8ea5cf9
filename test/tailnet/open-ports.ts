import { readdir, readFile, readlink } from 'node:fs/promises';

/** The TCP ports and unix sockets that this process listens on; Linux only. */
export async function openPorts(): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  const own = new Set(await Promise.all(links));
  const tables = await Promise.all(['tcp', 'tcp6', 'unix'].map((kind) => readFile(`/proc/self/net/${kind}`, 'utf8')));
  const listening = tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter(
      // proc(5): state 0A and inode in column 9 of TCP; the flag SO_ACCEPTCON and inode in column 6 of unix sockets.
      (columns) =>
        (columns[3] === '0A' && own.has(`socket:[${columns[9]}]`)) ||
        (columns[3] === '00010000' && own.has(`socket:[${columns[6]}]`)),
    );
  return listening.map((columns) => columns[1]!).sort();
}
