import { existsSync } from 'node:fs';
import { TsexposeError } from '../errors.ts';
import { installationOf, isCheckout, reinstallCommand } from '../installation.ts';

/** Returns the error of an addon that the system did not load, with what to do about it. */
export function loadError(file: string, cause: Error & { code?: string }): TsexposeError {
  const fail = (message: string, suggestion: string) =>
    new TsexposeError('ERR_TSEXPOSE_ADDON_LOAD', `The native addon ${file} ${message}`, {
      suggestions: [suggestion],
      cause,
    });
  if (cause.code === 'ERR_DLOPEN_DISABLED' && 'permission' in process && process.permission) return deniedError(cause);
  if (cause.code === 'ERR_DLOPEN_DISABLED')
    return fail('cannot be loaded with --no-addons.', 'Run node without --no-addons.');
  const again = process.env.TSEXPOSE_BINDING
    ? 'unset TSEXPOSE_BINDING'
    : isCheckout()
      ? 'npm run build:native'
      : reinstallCommand(installationOf());
  if (!existsSync(file)) return fail('does not exist.', again);
  const glibc = /version `(GLIBC_[\d.]+)' not found/.exec(cause.message)?.[1];
  if (glibc)
    return fail(`needs ${glibc}, which this system does not have.`, 'Use a newer base image, such as node:24-slim.');
  if (/invalid ELF header|wrong architecture|not a mach-o|wrong ELF class|Exec format/i.test(cause.message))
    return fail(`was built for another platform, not ${process.platform}-${process.arch}.`, again);
  return fail(`cannot be loaded: ${cause.message}`, again);
}

/** Returns the error of a process that runs under Node's permission model without what the addon needs. */
export function deniedError(cause: Error): TsexposeError {
  const [model = '--permission'] = process.execArgv.filter((flag) => flag.endsWith('-permission'));
  const flags = `${model} --allow-addons --allow-fs-read=* --allow-fs-write=*`;
  return new TsexposeError(
    'ERR_TSEXPOSE_ADDON_LOAD',
    "The native addon cannot be loaded under Node's permission model without --allow-addons and access to files.",
    { suggestions: [`Run node ${flags}`], cause },
  );
}
