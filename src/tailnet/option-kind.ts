/** Checks of options that may come from JavaScript, where no compiler did. */
import { TsexposeError } from '../errors.ts';

/** What an option has to be: a JavaScript type, something that a name here stands for, or one of these values. */
export type OptionKind = keyof typeof KINDS | readonly unknown[];

const KINDS = {
  string: { words: 'a string', fits: (value: unknown) => typeof value === 'string' },
  boolean: { words: 'a boolean', fits: (value: unknown) => typeof value === 'boolean' },
  function: { words: 'a function', fits: (value: unknown) => typeof value === 'function' },
  strings: { words: 'a list of strings', fits: isStrings },
  tags: { words: 'a list of tags such as tag:web', fits: (value: unknown) => isStrings(value) && value.every(isTag) },
  url: { words: 'an http or https URL', fits: isWebUrl },
  time: { words: 'a number of milliseconds', fits: isTime },
  signal: { words: 'an AbortSignal', fits: (value: unknown) => value instanceof AbortSignal },
} as const;

/**
 * Checks options, and says everything that is wrong with them in one sentence. What is undefined fits, unless it is
 * `required`; options that have no kind are not looked at.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkKinds(options: unknown, kinds: Record<string, OptionKind>, required: string[] = []): void {
  const given = (options ?? {}) as Record<string, unknown>;
  const problems = Object.entries(kinds).flatMap(([name, kind]) => {
    const value = given[name];
    if (value === undefined ? !required.includes(name) : fits(value, kind)) return [];
    return `${name} has to be ${wordsFor(kind)}, got ${describe(value)}`;
  });
  if (problems.length > 0) throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `${problems.join('; ')}.`);
}

function fits(value: unknown, kind: OptionKind): boolean {
  return typeof kind === 'string' ? KINDS[kind].fits(value) : kind.includes(value);
}

function wordsFor(kind: OptionKind): string {
  return typeof kind === 'string' ? KINDS[kind].words : kind.map((value) => JSON.stringify(value)).join(' or ');
}

function describe(value: unknown): string {
  return typeof value === 'function'
    ? 'a function'
    : typeof value === 'number'
      ? String(value)
      : String(JSON.stringify(value));
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Node's timers take 31 bits. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 2 ** 31;
}

/** Whether a text is a tag such as `tag:web`. */
export function isTag(text: string): boolean {
  return /^tag:[a-z][a-z0-9-]*$/i.test(text);
}

/** Whether a value is the URL of a web server. */
export function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
