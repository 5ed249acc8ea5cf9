import * as Flags from '@oclif/core/flags';
import { TsexposeError } from '../../errors.ts';
import type { Plan } from '../../expose/plan.ts';
import { Problems } from '../../problems.ts';

const group = { helpGroup: 'logs' } as const;

/** The formats of an access log. */
export const LOG_FORMATS = ['json', 'common', 'combined'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Flags for what is recorded about requests. */
export const logFlags = {
  'access-log': Flags.string({
    ...group,
    description: 'File that gets a line for each request. SIGHUP reopens it.',
    helpValue: 'FILE',
    env: 'TSEXPOSE_ACCESS_LOG',
  }),
  'access-log-format': Flags.string({
    ...group,
    description: 'Format of the access log: json (default), common or combined.',
    helpValue: 'FORMAT',
    env: 'TSEXPOSE_ACCESS_LOG_FORMAT',
  }),
  'log-query': Flags.boolean({
    ...group,
    description: 'Log the values in the query of a URL too, which are *** otherwise.',
    env: 'TSEXPOSE_LOG_QUERY',
  }),
  metrics: Flags.string({
    ...group,
    description: 'Port on 127.0.0.1 for Prometheus metrics, at /metrics; 0 for any.',
    helpValue: 'PORT',
    env: 'TSEXPOSE_METRICS',
  }),
};

/** What to record about requests. */
export interface Recording {
  accessLog?: { path: string; format: LogFormat };
  logQuery: boolean;
  /** Port on the loopback interface for metrics. */
  metrics?: number;
}

interface GivenFlags {
  'access-log'?: string | undefined;
  'access-log-format'?: string | undefined;
  'log-query'?: boolean;
  metrics?: string | undefined;
}

/**
 * Reads the flags for logs.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE`
 */
export function readLogFlags(flags: GivenFlags): Recording {
  const { 'access-log': path, 'access-log-format': format = 'json', 'log-query': logQuery = false } = flags;
  const problems = new Problems();
  problems.check(() => checkFormat(format));
  if (path === '') problems.check(() => refuse('--access-log requires the name of a file.', '--access-log access.log'));
  if (path === undefined && flags['access-log-format'] !== undefined)
    problems.check(() => refuse('--access-log-format requires --access-log.', '--access-log access.log'));
  const port = flags.metrics === undefined ? undefined : problems.check(() => readPort(flags.metrics!));
  problems.throw();
  const metrics = port === undefined ? {} : { metrics: port };
  return { ...metrics, ...(path !== undefined && { accessLog: { path, format: format as LogFormat } }), logQuery };
}

/**
 * Checks that there will be something in the log.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkLogged({ accessLog }: Recording, { ports }: Pick<Plan, 'ports'>): void {
  if (!accessLog || ports.some(({ target }) => target.kind === 'http')) return;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', '--access-log requires an HTTP target.', {
    suggestions: ['tsexpose 3000 --access-log access.log'],
  });
}

function checkFormat(format: string): void {
  if ((LOG_FORMATS as readonly string[]).includes(format)) return;
  const message = `Expected json, common or combined in --access-log-format, got ${JSON.stringify(format)}.`;
  refuse(message, ...LOG_FORMATS.map((name) => `--access-log-format ${name}`));
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  refuse(`Expected a port in --metrics, got ${JSON.stringify(text)}.`, '--metrics 9090');
}

function refuse(message: string, ...suggestions: string[]): never {
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions });
}
