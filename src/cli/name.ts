import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Longest DNS label (RFC 1035 §2.3.4). */
const MAX_LABEL = 63;

/** What is wrong with a name, and the nearest name that is right. */
export interface NameProblem {
  message: string;
  /** A name that would be accepted; absent when nothing of the given one can be used. */
  suggestion?: string;
}

/**
 * Checks that a name can be a host name on the tailnet: one DNS label of 1 to 63 letters, digits and dashes.
 * Capital letters are accepted, because DNS does not tell them apart; see {@link toLabel} for the form that is used.
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
  if (name === '') return 'an empty one';
  if (name.length > MAX_LABEL) return `one of ${name.length}`;
  if (name.startsWith('-')) return `${JSON.stringify(name)}, which starts with a dash`;
  if (name.endsWith('-')) return `${JSON.stringify(name)}, which ends with a dash`;
  if (!/^[a-z0-9-]+$/i.test(name)) return JSON.stringify(name);
  return undefined;
}

/**
 * The nearest DNS label to a text: lower case, other characters as dashes, cut to 63; empty when nothing is left.
 *
 * @example
 * ```ts
 * toLabel('Crème brûlée'); // 'creme-brulee'
 * ```
 */
export function toLabel(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_LABEL)
    .replace(/-$/, '');
}

/** The name an app gets when none is asked for: its package's, otherwise its directory's, otherwise `app`. */
export function defaultName(directory: string): string {
  return toLabel(packageName(directory)) || toLabel(basename(directory)) || 'app';
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
