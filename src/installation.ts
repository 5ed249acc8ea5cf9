// How this package was installed, for the commands that errors suggest.
import { existsSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { PACKAGE_ROOT } from './package-root.ts';

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

/** Where a package is installed: in a project, for all projects, or only for the command that is running (`npx`). */
export type Scope = 'project' | 'global' | 'once';

export interface Installation {
  manager: PackageManager;
  scope: Scope;
  /** The folder that has node_modules; undefined with Yarn's Plug'n'Play, which has none. */
  folder: string | undefined;
}

/** What each package manager leaves in node_modules. */
const TRACES: [trace: string, manager: PackageManager][] = [
  ['.modules.yaml', 'pnpm'],
  ['.yarn-state.yml', 'yarn'],
  ['.yarn-integrity', 'yarn'],
  ['.package-lock.json', 'npm'],
];

/** Returns whether this package runs from its repository, where the addon and the sandbox program are built, not installed. */
export function isCheckout(): boolean {
  return existsSync(join(PACKAGE_ROOT, 'binding.gyp'));
}

/** Returns the version of this package, which its platform packages have, too; undefined in a bundle without the package. */
export function ownVersion(): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
    return name === 'tsexpose' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Returns how the package in this folder was installed. */
export function installationOf(root: string = PACKAGE_ROOT): Installation {
  const parts = root.split(sep);
  const first = parts.indexOf('node_modules');
  if (process.versions.pnp || first < 0) return { manager: 'yarn', scope: scopeOf(root, true), folder: undefined };
  const folder = parts.slice(0, first).join(sep) || sep;
  const trace = TRACES.find(([name]) => existsSync(join(folder, 'node_modules', name)));
  const manager = trace?.[1] ?? (root.includes(`${sep}.bun${sep}`) ? 'bun' : 'npm');
  return { manager, scope: scopeOf(root, existsSync(join(folder, 'package.json'))), folder };
}

/** npx, pnpm dlx, yarn dlx and bunx each install into a folder of their own, with this in its path. */
function isTemporary(path: string): boolean {
  return path.split(sep).some((part) => /^(_npx|dlx(-.+)?|bunx-.+)$/.test(part));
}

function scopeOf(root: string, hasProject: boolean): Scope {
  // Yarn runs a package from its cache, and says where the project is.
  if (isTemporary(root) || isTemporary(process.env.PROJECT_CWD ?? '')) return 'once';
  return hasProject ? 'project' : 'global';
}

/** Returns whether npx or the like has started this process, even if what it runs was installed before. */
export function isStartedByNpx(): boolean {
  return process.env.npm_command === 'exec' || installationOf().scope === 'once';
}

/** Returns the command that adds packages the way this one was installed. */
export function addCommand(installation: Installation, ...packages: string[]): string {
  const { manager, scope } = installation;
  const verb = manager === 'npm' ? 'install' : 'add';
  if (scope === 'project') return [manager, verb, '-D', ...packages].join(' ');
  if (manager === 'yarn') return ['yarn global add', ...packages].join(' ');
  return [manager, verb, '--global', ...packages].join(' ');
}

/** Returns the command that installs everything again, without what is there. */
export function reinstallCommand(installation: Installation): string {
  const { manager, scope, folder } = installation;
  const version = ownVersion();
  if (scope === 'global') return addCommand(installation, version ? `tsexpose@${version}` : 'tsexpose');
  if (scope === 'once' && folder) return `rm -rf ${JSON.stringify(folder)}`;
  return folder ? `rm -rf node_modules && ${manager} install` : `${manager} install`;
}
