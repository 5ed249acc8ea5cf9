/** A project that has tsexpose as npm installs it: the packed files, and the platform's package beside them. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageName } from '../../src/platforms.ts';

export const ROOT = join(import.meta.dirname, '../..');

const MODULES = join(ROOT, 'node_modules');
const PLATFORM = `${process.platform}-${process.arch}`;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** A directory with node_modules. */
export class Project {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'tsexpose-project-')));

  constructor() {
    this.write('package.json', JSON.stringify({ name: 'app', private: true }));
    this.#installPlatform(packageName('addon', PLATFORM), 'build/Release/tsexpose.node');
    this.#installPlatform(packageName('sandbox', PLATFORM), 'build/sandbox');
  }

  #installPlatform(name: string, built: string): void {
    this.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version }));
    symlinkSync(join(ROOT, built), join(this.directory, 'node_modules', name, basename(built)));
  }

  /** Installs the package, its dependencies, and others that this checkout has. */
  install(...others: string[]): void {
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', this.directory], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const file = join(this.directory, JSON.parse(packed)[0].filename);
    const folder = join(this.directory, 'node_modules/tsexpose');
    mkdirSync(folder);
    execFileSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of [...Object.keys(dependencies), ...others]) {
      const link = join(this.directory, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(MODULES, name), link);
    }
  }

  write(path: string, text: string): string {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Runs Node.js in it, and returns what it prints and how it exits. */
  async run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const running = promisify(execFile)(process.execPath, ['--no-warnings', ...args], { cwd: this.directory, env });
    return running.then((output) => ({ code: 0, ...output })).catch((error) => error);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** TypeScript 5, the last that knows `moduleResolution: node10`; attw brings it. */
export function typescript5(): string {
  const attw = createRequire(join(MODULES, '@arethetypeswrong/cli/package.json'));
  return createRequire(attw.resolve('@arethetypeswrong/core')).resolve('typescript/bin/tsc');
}
