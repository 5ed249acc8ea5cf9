/** Where this package is on disk, whether its code runs from src/, from dist/, or in the bundle of an app. */
import { readFileSync } from 'node:fs';
// Not by name: the usual banner of a bundle of ES modules declares createRequire, too.
import nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// A CommonJS bundle made from the ES modules has an empty import.meta, and Node.js gives it __filename.
const url: string | undefined = import.meta.url;
const file: string = url ? fileURLToPath(url) : __filename;

/** The folder with our package.json; in a bundle without the package beside it, the folder of the bundle. */
export const PACKAGE_ROOT: string = enclosing(dirname(file)) ?? installed() ?? dirname(file);

/** Finds packages from there, so that they need not be visible to the app. */
export const packageRequire: NodeJS.Require = requireIn(PACKAGE_ROOT);

/** Returns a `require` that finds what the package in this folder depends on. */
export function requireIn(folder: string): NodeJS.Require {
  return nodeModule.createRequire(join(folder, 'package.json'));
}

function enclosing(folder: string): string | undefined {
  try {
    if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'tsexpose') return folder;
  } catch {
    // Most folders have none.
  }
  const parent = dirname(folder);
  return parent === folder ? undefined : enclosing(parent);
}

function installed(): string | undefined {
  try {
    return dirname(nodeModule.createRequire(file).resolve('tsexpose/package.json'));
  } catch {
    return undefined;
  }
}
