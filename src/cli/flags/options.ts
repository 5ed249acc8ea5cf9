import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Interfaces } from '@oclif/core';
import { TsexposeError } from '../../errors.ts';
import { planNode } from '../../expose/node-options.ts';
import { type ExposeOptions, type JoinOptions, OPTIONS } from '../../expose/options.ts';
import { type Plan, plan } from '../../expose/plan.ts';
import { Problems } from '../../problems.ts';
import { parseTarget, type Target } from '../../proxy/target/target.ts';
import type { OptionKind } from '../../tailnet/option-kind.ts';
import type { accessFlags } from './access-flags.ts';
import { parseDuration } from './duration.ts';
import type { headerFlags } from './header-flags.ts';
import { defaultName } from './name.ts';
import type { nodeFlags } from './node-flags.ts';
import type { portFlags } from './port-flags.ts';
import { nearest } from './suggestion.ts';

/** The flags as they were typed. */
export type ExposeFlags = Partial<
  Interfaces.InferredFlags<typeof nodeFlags & typeof portFlags & typeof accessFlags & typeof headerFlags>
>;

/** Where a command was typed. */
export interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The names of the commands: a target may be a mistyped one. */
  commands: readonly string[];
}

/**
 * Reads a target and flags into a plan.
 *
 * @throws TsexposeError the problem, or all of them as `ERR_TSEXPOSE_USAGE`
 */
export function planCommand(target: string | undefined, flags: ExposeFlags, around: Surroundings): Plan {
  if (target !== undefined) checkCommand(target, around);
  const unread = new Problems();
  const options = { ...readFlags(unread, flags, around), target: target ?? '' };
  const problems = new Problems();
  const made = problems.check(() => plan(options));
  problems.check(() => unread.throw());
  problems.throw();
  return made!;
}

/** Reads the flags of a node. */
export function readNodeFlags(
  problems: Problems,
  flags: ExposeFlags,
  around: Omit<Surroundings, 'commands'>,
): JoinOptions {
  return planNode(readFlags(problems, flags, around), problems);
}

/** Reads a target that may be left out. */
export function readOwnTarget(problems: Problems, target: string | undefined): Target | undefined {
  return target === undefined ? undefined : problems.check(() => parseTarget(target));
}

/** Reads what only the command line knows: durations, keys in files, the default name. All else is checked by the plan. */
function readFlags(
  problems: Problems,
  flags: ExposeFlags,
  { cwd, env }: Omit<Surroundings, 'commands'>,
): Omit<ExposeOptions, 'target'> {
  const options: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(OPTIONS)) {
    if (!('flag' in row)) continue;
    const value = flags[row.flag];
    options[name] = typeof value === 'string' ? problems.check(() => readText(value, row)) : value;
  }
  const authKey = problems.check(() => readAuthKey(flags['auth-key'] ?? env.TS_AUTH_KEY, cwd));
  return { ...options, authKey, name: flags.name ?? defaultName(cwd) };
}

function readText(text: string, { kind, flag }: { kind: OptionKind; flag: string }): unknown {
  if (kind === 'time') return readDuration(text, flag);
  // The parser splits the value of a flag, but not that of its variable.
  if (kind === 'strings') return text.split(',').map((part) => part.trim());
  const isNumber = typeof kind !== 'string' && typeof kind[0] === 'number';
  return isNumber && /^\d+$/.test(text) ? Number(text) : text;
}

/** Reads a time that was given to a flag. */
export function readDuration(text: string, flag: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  const message = `Expected a time such as 30s or 2m, got ${JSON.stringify(text)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [`--${flag} 30s`] });
}

/** Everyone on the machine can read a key in the arguments, but not one in a file. */
function readAuthKey(key: string | undefined, cwd: string): string | undefined {
  if (!key?.startsWith('file:')) return key;
  const path = resolve(cwd, key.slice('file:'.length));
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `Cannot read the auth key: ${(cause as Error).message}.`;
    throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [`ls -l ${path}`], cause });
  }
}

/** What other programs call a command, with what it is here. */
const OTHER_WORDS: Record<string, string> = {
  funnel: '3000 --funnel',
  help: '--help',
  http: '3000',
  ls: 'list',
  serve: '3000',
  share: '3000',
  version: '--version',
};

/** Refuses a word that was meant as a command. No target is such a word. */
function checkCommand(target: string, { commands, cwd }: Surroundings): void {
  const command = /^[a-z-]+$/i.test(target) ? (OTHER_WORDS[target] ?? nearest(target, commands)) : undefined;
  if (!command || statSync(resolve(cwd, target), { throwIfNoEntry: false })?.isDirectory()) return;
  const message =
    command === target
      ? `The command ${target} must come before its flags.`
      : `Expected a target or a command, got ${JSON.stringify(target)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [`tsexpose ${command}`] });
}
