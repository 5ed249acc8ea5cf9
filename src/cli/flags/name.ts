import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isLabel, MAX_LABEL, toLabel } from '../../tailnet/label.ts';

/** Leaves room in a label for what follows the name of a machine. */
const MAX_MACHINE = 50;

/** What is wrong with a name, and the nearest name that is right. */
export interface NameProblem {
  message: string;
  /** A name that would be accepted; absent when nothing of the given one can be used. */
  suggestion?: string;
}

/**
 * Checks that a name can be a host name on the tailnet: one DNS label.
 *
 * @example
 * ```ts
 * checkName('My_App')?.suggestion; // 'my-app'
 * ```
 */
export function checkName(name: string): NameProblem | undefined {
  const reason = nameFault(name);
  if (reason === undefined) return undefined;
  const message = `Expected a name of 1 to ${MAX_LABEL} letters, digits and dashes, got ${reason}.`;
  const suggestion = toLabel(name);
  return suggestion === '' ? { message } : { message, suggestion };
}

function nameFault(name: string): string | undefined {
  if (isLabel(name)) return undefined;
  if (name === '') return 'an empty one';
  if (name.length > MAX_LABEL) return `one of ${name.length}`;
  if (name.startsWith('-')) return `${JSON.stringify(name)}, which starts with a dash`;
  if (name.endsWith('-')) return `${JSON.stringify(name)}, which ends with a dash`;
  return JSON.stringify(name);
}

/** The name an app gets when none is asked for: its package's, otherwise its directory's, otherwise `app`. */
export function defaultName(directory: string): string {
  return toLabel(packageName(directory)) || toLabel(basename(directory)) || 'app';
}

/** The name that a terminal's own node gets in a chat: the machine's, and `-chat`. */
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
