/** Checks the headers that are let through although they speak for a proxy. */
import { TsexposeError } from '../errors.ts';
import { FieldTable, type ReservedNames } from '../identity/field.ts';
import { Problems } from '../problems.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Checks the names of `--pass-header`.
 *
 * @param reserved what other options set
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function checkPassHeaders(names: readonly string[], reserved: ReservedNames): void {
  const table = new FieldTable(reserved);
  const problems = new Problems();
  for (const name of names) problems.check(() => checkName(name, table));
  problems.throw();
}

function checkName(name: string, table: FieldTable): void {
  if (!TOKEN.test(name)) throw invalid(`Expected a header name for --pass-header, got ${JSON.stringify(name)}.`);
  // rule: what tsexpose says itself is not let through
  if (table.isOurs(name)) throw invalid(`--pass-header: ${name} is set by tsexpose, or belongs to one connection.`);
  if (!table.isClaim(name)) throw invalid(`--pass-header: ${name} passes anyway.`);
}

function invalid(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions: ['--pass-header X-Client-IP'] });
}
