import { closeSync, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Opens `/dev/null` in place of standard streams that are closed. Otherwise the next connection would get the descriptor
 * of one, and what the process prints would be sent to its caller; libuv aborts when it closes such a descriptor.
 */
export function occupyStandardStreams(): void {
  for (const fd of [0, 1, 2]) {
    try {
      // As bigint, since Node.js follows no symbolic links to modules after fstatSync() of a pipe (nodejs/node#51142).
      fstatSync(fd, { bigint: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBADF') return;
      // The lowest free descriptor is this one.
      // rule: no connection gets the descriptor of a closed standard stream
      openSync('/dev/null', 'r+');
    }
  }
}

/**
 * Puts `/dev/null` in place of a terminal that has been closed. As it exits, Node.js restores the terminal's settings, and
 * aborts if that fails.
 */
export function leaveLostTerminal(): void {
  for (const fd of [0, 1, 2]) {
    try {
      if (!fstatSync(fd, { bigint: true }).isCharacterDevice() || isatty(fd)) continue;
      closeSync(fd);
      openSync('/dev/null', 'r+');
    } catch {
      // It was closed before.
    }
  }
}
