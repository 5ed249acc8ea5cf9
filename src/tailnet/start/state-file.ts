import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TsexposeError } from '../../errors.ts';

/** The file with the keys of a node: a JSON object of Base64. */
const STATE_FILE = 'tailscaled.state';
/** What Tailscale writes next to it, also as JSON. */
const LOG_FILE = 'tailscaled.log.conf';

/**
 * Checks what a node has kept in its state directory. Tailscale would take some damage for a new node and write over the
 * keys, and fail with an unrelated error at other damage.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_STATE_DIR`
 */
export function checkState(directory: string): void {
  const fault = stateFault(directory);
  if (fault === undefined) return;
  throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', fault, {
    suggestions: ['Start as a new node, and keep a copy of the old state: --reset-state', '--state-dir DIR'],
  });
}

/** Returns what is wrong with the state in a directory; undefined if it is intact, or there is none. */
export function stateFault(directory: string): string | undefined {
  const fault = (name: string, what: string) => `The node state is damaged: ${join(directory, name)} ${what}.`;
  for (const name of [STATE_FILE, LOG_FILE]) {
    const found = read(join(directory, name));
    if (found === undefined || found === '') continue; // Tailscale takes an empty file for a missing one
    if (typeof found !== 'string') return fault(name, found.message);
    const state = parse(found);
    if (state === undefined) return fault(name, 'is not a JSON object');
    if (name === LOG_FILE) continue;
    const values = Object.entries(state).map(([key, value]) => [key, fromBase64(value)] as const);
    const [bad] = values.filter(([, value]) => value === undefined);
    if (bad) return fault(name, `has a value that is not Base64: ${JSON.stringify(bad[0])}`);
    for (const [key, value] of values) if (!isIntact(key, value!)) return fault(name, `has a bad value: ${key}`);
  }
  return undefined;
}

function isIntact(key: string, value: string): boolean {
  if (key === '_machinekey') return /^privkey:[0-9a-f]{64}$/.test(value);
  if (key === '_profiles' || key.startsWith('profile-')) return parse(value) !== undefined;
  return true;
}

function read(path: string): string | Error | undefined {
  try {
    if (!statSync(path).isFile()) return new Error('is not a file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Without a directory there is no state, and the node itself says why it cannot create one.
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : new Error(`cannot be read (${code})`);
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the text in Base64; undefined for anything else. Go writes null for nothing. */
function fromBase64(value: unknown): string | undefined {
  if (value === null) return '';
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) return undefined;
  return Buffer.from(value, 'base64').toString();
}

/** Returns whether the node of a state directory is logged in: it has a profile then, which a logout removes. */
export function hasLoggedIn(directory: string): boolean {
  const text = read(join(directory, STATE_FILE));
  const state = typeof text === 'string' ? (parse(text) as Record<string, unknown> | undefined) : undefined;
  return state !== undefined && (fromBase64(state['_current-profile']) ?? '') in state;
}
