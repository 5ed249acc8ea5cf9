// Fetches the sandbox program for npx, which installs only what tsexpose depends on. docs/decisions.md says why.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { TsexposeError } from '../errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { PACKAGE_FILES, packageName, SANDBOX_PACKAGE } from '../platforms.ts';

const run = promisify(execFile);

export interface FetchOptions {
  signal?: AbortSignal;
  /** Receives a sentence before anything is fetched. */
  onFetch?: (sentence: string) => void;
  /** The package.json of tsexpose, with the checksum of each platform's program. @default that of this package */
  released?: Released;
  /** Where to keep the program. @default the cache folder of npm or of the user */
  cache?: string;
}

/** What a published package.json says about the sandbox programs that belong to it. */
export interface Released {
  version: string;
  /** Checksums by platform, such as `sha256-…`. */
  sandboxPrograms?: Record<string, string>;
}

/**
 * Returns the sandbox program that was released with this version of tsexpose, from the cache or from npm. It asks the
 * user's own npm, so that their registry, proxy and credentials apply, and runs no script.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_SANDBOX` if npm fails, or if the program is another one
 */
export async function fetchProgram(options: FetchOptions = {}): Promise<string> {
  const { signal, onFetch, released = ownPackage(), cache = cacheFolder() } = options;
  const platform = `${process.platform}-${process.arch}`;
  const expected = released.sandboxPrograms?.[platform];
  const name = `${packageName('sandbox', platform)}@${released.version}`;
  if (!expected) throw failed(`this build of tsexpose knows no checksum of ${name}.`, released.version);

  const folder = join(cache, `sandbox-${released.version}-${platform}`);
  const program = join(folder, PACKAGE_FILES.sandbox);
  // rule: a program from the cache runs only if it is the one that tsexpose was released with
  // mutate: (await checksumOf(program)) === expected => true
  if ((await checksumOf(program)) === expected) return program;

  onFetch?.(`Fetching the sandbox program with npm, this once: ${name}`);
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(cache, 'fetch-'));
  try {
    const tarball = await packed(name, temporary, released.version, signal);
    await run('tar', ['-xzf', tarball, '-C', temporary], { signal });
    const checksum = await checksumOf(join(temporary, 'package', PACKAGE_FILES.sandbox));
    // rule: a program that was fetched runs only if it is the one that tsexpose was released with
    if (checksum !== expected) throw failed(`${name} does not have the program of this release.`, released.version);
    await rm(folder, { recursive: true, force: true });
    // Another process may have been faster.
    await rename(join(temporary, 'package'), folder).catch(async (error) => {
      if ((await checksumOf(program)) !== expected) throw error;
    });
    return program;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Has npm download a package into a folder, and returns the tarball. */
async function packed(name: string, folder: string, version: string, signal?: AbortSignal): Promise<string> {
  const { npm_execpath: path = '', NODE_OPTIONS: _, ...env } = process.env;
  const npm = /^np[mx]-cli\.js$/.test(basename(path))
    ? [process.execPath, path.replace(/npx-cli\.js$/, 'npm-cli.js')]
    : ['npm'];
  const [program = 'npm', ...words] = [
    ...npm,
    'pack',
    name,
    '--pack-destination',
    folder,
    '--json',
    '--ignore-scripts',
  ];
  try {
    const { stdout } = await run(program, words, { env, signal });
    return join(folder, basename(JSON.parse(stdout)[0].filename));
  } catch (error) {
    if (signal?.aborted) throw error;
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = /npm error (?!code )(.+)/.exec(stderr)?.[1] ?? message.split('\n')[0];
    throw failed(`npm could not fetch ${name}: ${said}`, version, error);
  }
}

async function checksumOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch {
    return undefined;
  }
  return `sha256-${hash.digest('base64')}`;
}

function ownPackage(): Released {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
}

/** npm says where its cache is to what npx runs, and has just written there; a home directory may be missing. */
function cacheFolder(): string {
  const { npm_config_cache: npm, XDG_CACHE_HOME: xdg } = process.env;
  return join(npm || (xdg?.startsWith('/') ? xdg : join(homedir(), '.cache')), 'tsexpose');
}

function failed(why: string, version: string, cause?: unknown): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_SANDBOX', `The sandbox program is missing: ${why}`, {
    suggestions: [`npm install --global tsexpose@${version} ${SANDBOX_PACKAGE}@${version}`],
    cause,
  });
}
