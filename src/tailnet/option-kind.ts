/** Checks the types of options that come from JavaScript, where no compiler has. */
import { TsexposeError } from '../errors.ts';

/** What an option must be: one of the kinds below, or one of the listed values. */
export type OptionKind = keyof typeof KINDS | readonly unknown[];

const KINDS = {
  string: { words: 'a string', fits: (value: unknown) => typeof value === 'string' },
  boolean: { words: 'a boolean', fits: (value: unknown) => typeof value === 'boolean' },
  function: { words: 'a function', fits: (value: unknown) => typeof value === 'function' },
  strings: { words: 'a list of strings', fits: isStrings },
  tags: { words: 'a list of tags such as tag:web', fits: (value: unknown) => isStrings(value) && value.every(isTag) },
  path: { words: 'a path', fits: (value: unknown) => typeof value === 'string' && /^[^\0]+$/.test(value) },
  url: { words: 'an http or https URL', fits: isWebUrl },
  time: { words: 'a number of milliseconds', fits: isTime },
  signal: { words: 'an AbortSignal', fits: (value: unknown) => value instanceof AbortSignal },
} as const;

/**
 * Checks options and reports everything that is wrong with them in one sentence. Undefined fits, unless the option is
 * `required`; options without a kind are not checked.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkKinds(options: unknown, kinds: Record<string, OptionKind>, required: string[] = []): void {
  const given = (options ?? {}) as Record<string, unknown>;
  const faults = Object.entries(kinds).flatMap(([name, kind]) => {
    const fault = kindFault(given[name], kind, required.includes(name));
    return fault ? [`${name} ${fault}`] : [];
  });
  if (faults.length > 0) throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `${faults.join('; ')}.`);
}

/** Returns what is wrong with a value, such as `must be a string, got 3`; undefined if it fits. */
export function kindFault(value: unknown, kind: OptionKind, required = false): string | undefined {
  const fits = typeof kind === 'string' ? KINDS[kind].fits(value) : kind.includes(value);
  return fits || (value === undefined && !required) ? undefined : `must be ${wordsFor(kind)}, got ${show(value)}`;
}

function wordsFor(kind: OptionKind): string {
  if (typeof kind === 'string') return KINDS[kind].words;
  const [last, ...others] = kind.map((value) => JSON.stringify(value)).reverse();
  return others.length === 0 ? String(last) : `${others.reverse().join(', ')} or ${last}`;
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return String(JSON.stringify(value));
  } catch {
    return 'an object'; // one that contains itself
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

// Node's timers take 31 bits.
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 2 ** 31;
}

/** Whether a text is a tag such as `tag:web`. */
export function isTag(text: string): boolean {
  return /^tag:[a-z][a-z0-9-]*$/i.test(text);
}

/** Whether a value is the URL of a web server, to this program and to Go, which repairs less than the WHATWG parser. */
export function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/(?:[^\s\\%]|%[0-9a-f]{2})+$/i.test(value) && URL.canParse(value);
}
