import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TsexposeError } from '../errors.ts';
import { PACKAGE_ROOT, packageRequire } from '../package-root.ts';
import { isMusl, PLATFORM_PACKAGES, unsupported } from './platforms.ts';
import { occupyStandardStreams } from './standard-streams.ts';

/** Kinds of events: the `TSX_` constants of go/abi.h. */
export const EVENT = { result: 1, node: 2, connection: 3, update: 4 } as const;

/** The functions of the native module, as in addon.cc. Their manual is go/abi.h. */
export interface Binding {
  open(onEvent: (kind: number, id: number, fd: number, json: string) => void): void;
  reference(referenced: boolean): void;
  setenv(name: string, value: string): void;
  forgetenv(name: string): void;
  nodeNew(config: string): number;
  nodeUp(node: number, request: number): boolean;
  nodeStatus(node: number, request: number): boolean;
  nodeWhois(node: number, request: number, address: string): boolean;
  nodeListen(node: number, request: number, port: number, backlog: number, config: string): boolean;
  nodeHost(node: number, request: number, service: string, config: string): boolean;
  nodeSocks5(node: number, request: number, port: number): boolean;
  connectionAdmit(connection: number, preface: Buffer): boolean;
  connectionCut(connection: number): boolean;
  connectionReset(connection: number): boolean;
  // These return a descriptor: -1 if there is none, null if the node is gone.
  nodeConnect(node: number, request: number, network: string, address: string): number | null;
  nodeLocalApi(node: number, request: number): number | null;
  nodeBind(node: number, request: number, network: string, port: number): number | null;
  nodeClose(node: number, request: number, drainMs: number): boolean;
  listenerDelivered(listener: number): void;
  listenerClose(listener: number, request: number): boolean;
  listenerTell(listener: number, json: string): boolean;
  listenerDrain(listener: number, request: number, limitMs: number): boolean;
  proxyHeader(header: string): Buffer;
  cancel(request: number): void;
  counts(): string;
  fixSignalHandlers(): number;
}

const platform = `${process.platform}-${process.arch}`;

/**
 * Loads the addon: the file named by `TSEXPOSE_BINDING`, the one built in this checkout, or the one in this platform's
 * package, whichever comes first.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_PLATFORM`, `ERR_TSEXPOSE_ADDON_MISSING` or `ERR_TSEXPOSE_ADDON_LOAD`
 */
export function loadBinding(): Binding {
  try {
    occupyStandardStreams();
    return findBinding();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED' ? denied(error as Error) : error;
  }
}

function findBinding(): Binding {
  const override = process.env.TSEXPOSE_BINDING;
  if (override) return load(override);
  const refusal = unsupported(platform, isMusl());
  if (refusal) throw refusal;
  const built = join(PACKAGE_ROOT, 'build/Release/tsexpose.node');
  if (existsSync(join(PACKAGE_ROOT, 'binding.gyp')) && existsSync(built)) return load(built);
  const name = PLATFORM_PACKAGES[platform]!;
  try {
    packageRequire.resolve(name);
  } catch {
    throw missing(name);
  }
  return load(name);
}

function load(id: string): Binding {
  try {
    // Each copy of this module gets an addon of its own: with require(), a bundle and an installed package in one process,
    // or two test files under Jest, would share one, and the last to open it would get the events of all.
    const loaded = { exports: {} };
    process.dlopen(loaded, packageRequire.resolve(id));
    return loaded.exports as Binding;
  } catch (cause) {
    throw loadError(id, cause as Error & { code?: string });
  }
}

function missing(name: string): TsexposeError {
  const checkout = existsSync(join(PACKAGE_ROOT, 'binding.gyp'));
  const other = Object.values(PLATFORM_PACKAGES).find((candidate) => candidate !== name && isInstalled(candidate));
  const suggestions = checkout
    ? ['npm run build:native']
    : [
        'npm install --include=optional tsexpose',
        'If that does not help, delete node_modules and the lock file, and install again.',
      ];
  const found = other
    ? ` ${other} is installed instead, so node_modules was probably copied from another platform.`
    : '';
  const expected = checkout ? 'build/Release/tsexpose.node' : `the package ${name}`;
  return new TsexposeError(
    'ERR_TSEXPOSE_ADDON_MISSING',
    `The native addon is missing: ${expected} was not found.${found}`,
    {
      suggestions,
    },
  );
}

function isInstalled(name: string): boolean {
  try {
    packageRequire.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Returns the error of a process that runs under Node's permission model without what the addon needs. */
function denied(cause: Error): TsexposeError {
  const [model = '--permission'] = process.execArgv.filter((flag) => flag.endsWith('-permission'));
  const flags = `${model} --allow-addons --allow-fs-read=* --allow-fs-write=*`;
  return new TsexposeError(
    'ERR_TSEXPOSE_ADDON_LOAD',
    "The native addon cannot be loaded under Node's permission model without --allow-addons and access to files.",
    { suggestions: [`Run node ${flags}`], cause },
  );
}

function loadError(id: string, cause: Error & { code?: string }): TsexposeError {
  const fail = (message: string, ...suggestions: string[]) =>
    new TsexposeError('ERR_TSEXPOSE_ADDON_LOAD', `The native addon ${id} ${message}`, { suggestions, cause });
  if (cause.code === 'ERR_DLOPEN_DISABLED' && 'permission' in process && process.permission) return denied(cause);
  if (cause.code === 'ERR_DLOPEN_DISABLED')
    return fail('cannot be loaded with --no-addons.', 'Run node without --no-addons.');
  if (cause.code === 'MODULE_NOT_FOUND' || /cannot open shared object|no such file/i.test(cause.message)) {
    return fail('does not exist.', process.env.TSEXPOSE_BINDING ? 'unset TSEXPOSE_BINDING' : 'npm run build:native');
  }
  const glibc = /version `(GLIBC_[\d.]+)' not found/.exec(cause.message)?.[1];
  if (glibc)
    return fail(`needs ${glibc}, which this system does not have.`, 'Use a newer base image, such as node:24-slim.');
  if (/invalid ELF header|wrong architecture|not a mach-o|wrong ELF class|Exec format/i.test(cause.message)) {
    return fail(`was built for another platform, not ${platform}.`, 'npm run build:native', 'npm install tsexpose');
  }
  return fail(`cannot be loaded: ${cause.message}`, 'npm run build:native');
}
