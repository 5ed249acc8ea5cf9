import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Interfaces } from '@oclif/core';
import { Gate } from '../../access/gate.ts';
import { TsexposeError, type TsexposeErrorCode } from '../../errors.ts';
import type { ExposeOptions } from '../../expose/expose.ts';
import { HostPass } from '../../proxy/request/host.ts';
import { parseTarget, type Target } from '../../proxy/target/target.ts';
import { isTag, isWebUrl } from '../../tailnet/option-kind.ts';
import type { accessFlags } from './access-flags.ts';
import { parseDuration } from './duration.ts';
import { checkName, defaultName } from './name.ts';
import type { nodeFlags } from './node-flags.ts';
import type { portFlags } from './port-flags.ts';
import { portsHaveTargets, readPortFlags } from './port-options.ts';
import { Problems } from './problems.ts';
import { nearest } from './suggestion.ts';

/** The flags as they were typed. */
export type ExposeFlags = Partial<Interfaces.InferredFlags<typeof nodeFlags & typeof accessFlags & typeof portFlags>>;

/** Where the command was typed. */
export interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The names of the commands, of which a target may be a mistyped one. */
  commands: readonly string[];
}

/**
 * Reads target and flags into options of `expose`: whatever comes back is valid.
 *
 * @throws TsexposeError the problem, or all of them as `ERR_TSEXPOSE_USAGE`
 */
export function exposeOptions(target: string | undefined, flags: ExposeFlags, around: Surroundings): ExposeOptions {
  const problems = new Problems();
  const options = {
    ...readProxyFlags(problems, target, flags, around),
    ...readNodeFlags(problems, flags, around),
  };
  problems.throw();
  return options;
}

/** Reads the flags of a node. */
export function readNodeFlags(problems: Problems, flags: ExposeFlags, { cwd, env }: Omit<Surroundings, 'commands'>) {
  const { tag: tags = [], ephemeral, timeout } = flags;
  return {
    name: problems.check(() => readName(flags.name)) ?? defaultName(cwd),
    authKey: problems.check(() => readAuthKey(flags['auth-key'] ?? env.TS_AUTH_KEY, cwd)),
    controlUrl: problems.check(() => readControlUrl(flags['control-url'])),
    stateDir: flags['state-dir'] === undefined ? undefined : resolve(cwd, flags['state-dir']),
    resetState: flags['reset-state'],
    ephemeral,
    tags: problems.check(() => tags.map(readTag)),
    requireName: flags['require-name'],
    supportLogs: flags['support-logs'],
    timeout: timeout === undefined ? undefined : problems.check(() => readTimeout(timeout)),
  };
}

/** Reads a target that may be left out. */
export function readOwnTarget(problems: Problems, target: string | undefined): Target | undefined {
  return target === undefined ? undefined : problems.check(() => parseTarget(target));
}

function readProxyFlags(problems: Problems, target: string | undefined, flags: ExposeFlags, around: Surroundings) {
  const needed = target !== undefined || !portsHaveTargets(flags);
  const parsed = needed ? problems.check(() => parseTarget(readTarget(target, around))) : undefined;
  const gate = {
    allow: flags.allow,
    deny: flags.deny,
    requireIdentity: flags['require-identity'],
    acceptAppCaps: flags['accept-app-caps'],
    deviceHeaders: flags['device-headers'],
    mapCap: flags['map-cap'],
    headerPreset: flags['header-preset'],
  };
  problems.check(() => new Gate(gate));
  const hostHeader = flags['host-header'];
  if (parsed && hostHeader !== undefined) problems.check(() => new HostPass(hostHeader, parsed));
  const front = readPortFlags(problems, parsed, flags, around.cwd);
  return { ...gate, ...front, hostHeader, target: target ?? '' };
}

function readTarget(target: string | undefined, { commands, cwd }: Surroundings): string {
  if (target === undefined || target === '') {
    const cures = ['tsexpose 3000', 'tsexpose demo', 'tsexpose --help'];
    throw problem('ERR_TSEXPOSE_USAGE', 'Expected a target to expose, got none.', ...cures);
  }
  if (/^[a-z][\w-]*$/i.test(target) && statSync(resolve(cwd, target), { throwIfNoEntry: false })?.isDirectory()) {
    const message = `Expected a path for a directory, such as ./${target}, got ${JSON.stringify(target)}.`;
    throw problem('ERR_TSEXPOSE_INVALID_TARGET', message, `tsexpose ./${target}`);
  }
  const command = /^[a-z-]+$/i.test(target) ? nearest(target, commands) : undefined;
  if (!command) return target;
  const got = command === target ? `the command ${target} after a flag` : JSON.stringify(target);
  throw problem('ERR_TSEXPOSE_USAGE', `Expected a target or a command, got ${got}.`, `tsexpose ${command}`);
}

function readName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const fault = checkName(name);
  if (!fault) return name.toLowerCase();
  throw problem(
    'ERR_TSEXPOSE_INVALID_NAME',
    fault.message,
    ...(fault.suggestion ? [`--name ${fault.suggestion}`] : []),
  );
}

/** A key in the arguments can be read by everybody on the machine, one in a file cannot. */
function readAuthKey(key: string | undefined, cwd: string): string | undefined {
  if (!key?.startsWith('file:')) return key?.trim() || undefined;
  const path = resolve(cwd, key.slice('file:'.length));
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const message = `Expected an auth key in ${path}, and the file cannot be read.`;
    throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [`ls -l ${path}`], cause });
  }
}

function readControlUrl(text: string | undefined): string | undefined {
  if (text === undefined || isWebUrl(text)) return text;
  const message = `Expected the URL of a control server, got ${JSON.stringify(text)}.`;
  throw problem('ERR_TSEXPOSE_USAGE', message, '--control-url https://headscale.example.com');
}

function readTag(tag: string): string {
  if (isTag(tag)) return tag;
  const label = tag.replace(/^tag:/, '').replace(/[^a-z0-9-]/gi, '-');
  const cure = /^[a-z]/i.test(label) ? [`--tag tag:${label}`] : [];
  throw problem('ERR_TSEXPOSE_USAGE', `Expected a tag such as tag:web, got ${JSON.stringify(tag)}.`, ...cure);
}

function readTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw problem(
    'ERR_TSEXPOSE_USAGE',
    `Expected a time such as 30s or 2m, got ${JSON.stringify(text)}.`,
    '--timeout 30s',
  );
}

function problem(code: TsexposeErrorCode, message: string, ...suggestions: string[]): TsexposeError {
  return new TsexposeError(code, message, { suggestions });
}
