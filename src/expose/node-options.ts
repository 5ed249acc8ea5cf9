/** The options of the node: its name, its login and its keys. */
import { resolve } from 'node:path';
import { TsexposeError, type TsexposeErrorCode } from '../errors.ts';
import type { Problems } from '../problems.ts';
import { isLabel, MAX_LABEL, toLabel } from '../tailnet/label.ts';
import { isTag, isWebUrl } from '../tailnet/option-kind.ts';
import type { JoinOptions } from './options.ts';

/** Checks how a node joins, and returns the options in the form in which they are used. */
export function planNode(options: JoinOptions, problems: Problems): JoinOptions {
  const { requireName, anyName, authKey, stateDir, resetState, ephemeral, tags, supportLogs } = options;
  const { timeout, login, signal, onEvent, log } = options;
  const name = options.name === undefined ? undefined : problems.check(() => readName(options.name));
  return {
    name: name ?? '',
    requireName,
    anyName,
    authKey: authKey?.trim() || undefined,
    controlUrl: problems.check(() => readControlUrl(options.controlUrl)),
    stateDir: stateDir === undefined ? undefined : resolve(stateDir),
    resetState,
    ephemeral,
    tags: tags?.flatMap((tag) => problems.check(() => readTag(tag)) ?? []),
    supportLogs,
    ...{ timeout, login, signal, onEvent, log },
  };
}

/** Checks that a name can be a host name on the tailnet, and returns it as DNS spells it. */
function readName(name: string): string {
  if (isLabel(name)) return name.toLowerCase();
  const message = `Expected a name of 1 to ${MAX_LABEL} letters, digits and dashes, got ${nameFault(name)}.`;
  const near = toLabel(name);
  throw problem('ERR_TSEXPOSE_INVALID_NAME', message, ...(near ? [`--name ${near}`] : []));
}

function nameFault(name: string): string {
  if (name === '') return 'an empty one';
  if (name.length > MAX_LABEL) return `one of ${name.length}`;
  if (name.startsWith('-')) return `${JSON.stringify(name)}, which starts with a dash`;
  if (name.endsWith('-')) return `${JSON.stringify(name)}, which ends with a dash`;
  return JSON.stringify(name);
}

function readControlUrl(text: string | undefined): string | undefined {
  if (text === undefined || isWebUrl(text)) return text;
  const message = `Expected the URL of a control server, got ${JSON.stringify(text)}.`;
  throw problem('ERR_TSEXPOSE_INVALID_OPTION', message, '--control-url https://headscale.example.com');
}

function readTag(tag: string): string {
  if (isTag(tag)) return tag;
  const label = tag.replace(/^tag:/, '').replace(/[^a-z0-9-]/gi, '-');
  const message = `Expected a tag such as tag:web, got ${JSON.stringify(tag)}.`;
  throw problem('ERR_TSEXPOSE_INVALID_OPTION', message, ...(/^[a-z]/i.test(label) ? [`--tag tag:${label}`] : []));
}

function problem(code: TsexposeErrorCode, message: string, ...suggestions: string[]): TsexposeError {
  return new TsexposeError(code, message, { suggestions });
}
