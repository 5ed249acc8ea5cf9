import { lstatSync, type Stats } from 'node:fs';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { TsexposeError } from '../errors.ts';

/** The kernel's limit for a socket path is 108 bytes on Linux and 104 on macOS, including the terminating zero. */
const MAX_SOCKET_PATH = 103;

/** Length of the longest socket name: a slash, a process ID, a random part, an extension. */
const SOCKET_NAME = 32;

/**
 * Returns the directory for the control sockets of this user's running nodes: `tsexpose` in `$XDG_RUNTIME_DIR`,
 * otherwise `tsexpose-<uid>` in the temporary directory. Does not create it; see {@link openRuntimeDirectory}.
 */
export function runtimeDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const shared = `tsexpose-${process.getuid?.() ?? 'user'}`;
  const candidates = [join(tmpdir(), shared), join('/tmp', shared)];
  const xdg = env.XDG_RUNTIME_DIR;
  // rule: another user's XDG_RUNTIME_DIR is not used — mutate: && isOwnDirectory(xdg) =>
  if (xdg && isAbsolute(xdg) && isOwnDirectory(xdg)) candidates.unshift(join(xdg, 'tsexpose'));
  const fits = (path: string) => Buffer.byteLength(path) + SOCKET_NAME <= MAX_SOCKET_PATH;
  return candidates.find(fits) ?? candidates.at(-1)!;
}

/**
 * Makes sure that the runtime directory exists and is private, and returns it. A user who can write to it could answer
 * `whois` for this user's nodes, so a directory in `/tmp` that belongs to another user is refused.
 *
 * @throws `ERR_TSEXPOSE_STATE_DIR` if it belongs to another user, is a link, or cannot be created.
 */
export async function openRuntimeDirectory(directory: string = runtimeDirectory()): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const stats = await lstat(directory);
    // rule: a directory that is not private to this user is refused
    if (!isOwn(stats)) throw new Error(stats.isDirectory() ? 'it belongs to another user' : 'it is not a directory');
    // rule: other users lose access to the directory
    if (stats.mode & 0o077) await chmod(directory, 0o700);
    return directory;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', `${directory} is not a private directory: ${reason}.`, {
      suggestions: [`ls -ld ${directory}`, 'Set XDG_RUNTIME_DIR to a directory that you own.'],
      cause,
    });
  }
}

function isOwnDirectory(path: string): boolean {
  try {
    return isOwn(lstatSync(path));
  } catch {
    return false;
  }
}

function isOwn(stats: Stats): boolean {
  // rule: a link is not a directory — mutate: stats.isDirectory() && =>
  // rule: a directory of another user is not ours — mutate: stats.uid === process.getuid() => true
  return stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid());
}
