import { TsexposeError } from '../../errors.ts';

/** Stands for the target of an app whose port is not known yet. */
export const PENDING_TARGET = 'localhost:1';

/**
 * Splits the command's own words from those after `--`, which are an app to start.
 *
 * @param example a command line that works
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE` if nothing follows
 */
export function splitAtDashes(argv: string[], example: string): [own: string[], app: string[] | undefined] {
  const at = argv.indexOf('--');
  if (at < 0) return [argv, undefined];
  const words = argv.slice(at + 1);
  if (words.length > 0) return [argv.slice(0, at), words];
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', 'Missing command after "--".', { suggestions: [example] });
}
