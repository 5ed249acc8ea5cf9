import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TsexposeError } from '../errors.ts';
import { isCheckout } from '../installation.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { platformFile, requireSupported } from '../platform-package.ts';
import type { Binding } from './binding.ts';
import { deniedError, loadError } from './load-error.ts';
import { occupyStandardStreams } from './standard-streams.ts';

/**
 * Loads the addon: the file named by `TSEXPOSE_BINDING`, the one built in this checkout, or the one in this platform's
 * package, whichever comes first.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_PLATFORM`, `ERR_TSEXPOSE_ADDON_MISSING` or `ERR_TSEXPOSE_ADDON_LOAD`
 */
export function loadBinding(): Binding {
  try {
    occupyStandardStreams();
    return load(findAddon());
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED' ? deniedError(error as Error) : error;
  }
}

function findAddon(): string {
  const override = process.env.TSEXPOSE_BINDING;
  if (override) return resolve(override);
  if (!isCheckout()) return platformFile('addon');
  requireSupported();
  const built = join(PACKAGE_ROOT, 'build/Release/tsexpose.node');
  if (existsSync(built)) return built;
  const message = 'The native addon is missing: build/Release/tsexpose.node was not found.';
  throw new TsexposeError('ERR_TSEXPOSE_ADDON_MISSING', message, { suggestions: ['npm run build:native'] });
}

function load(file: string): Binding {
  try {
    // Each copy of this module gets an addon of its own: with require(), a bundle and an installed package in one process,
    // or two test files under Jest, would share one, and the last to open it would get the events of all.
    const loaded = { exports: {} };
    process.dlopen(loaded, file);
    return loaded.exports as Binding;
  } catch (cause) {
    throw loadError(file, cause as Error & { code?: string });
  }
}
