import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toLabel } from '../../tailnet/label.ts';

/** Leaves room in a label for what follows the name of the machine. */
const MAX_MACHINE = 50;

/** Returns the name of an app that was given none: that of its package, else of its directory, else `app`. */
export function defaultName(directory: string): string {
  return toLabel(packageName(directory)) || toLabel(basename(directory)) || 'app';
}

/** Returns the name of a terminal's own node in a chat: the name of the machine, and `-chat`. */
export function terminalName(machine: string): string {
  const label = toLabel(machine.split('.')[0]!).slice(0, MAX_MACHINE);
  return `${label || 'terminal'}-chat`;
}

function packageName(directory: string): string {
  try {
    const { name } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name?: unknown };
    // The scope says who publishes the package, not what the app is.
    return typeof name === 'string' ? name.replace(/^@[^/]*\//, '') : '';
  } catch {
    return '';
  }
}
