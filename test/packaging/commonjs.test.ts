import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLeftOut } from '../requirement.ts';
import { Project, typescript5 } from './project.ts';

const APP = join(import.meta.dirname, 'app.js');
const JEST = join(import.meta.dirname, 'jest/node_modules/jest/bin/jest.js');
const INSTALL_JEST = 'npm install --prefix test/packaging/jest --no-package-lock --ignore-scripts';
// Jest is 200 packages, too many for every `npm ci`. .ci/run installs it.
const noJest = isLeftOut('Jest', existsSync(JEST), INSTALL_JEST);

let project: Project;
beforeAll(() => {
  project = new Project();
  project.install('express', '@types/express', '@types/node', 'undici-types', 'fastify', 'hono');
});
afterAll(() => project[Symbol.dispose]());

/** Bundles the app, and returns the file. */
async function bundle(name: string, options: BuildOptions): Promise<string> {
  const outfile = join(project.directory, name);
  const entry = project.write('app.js', readFileSync(APP, 'utf8'));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', logLevel: 'error', ...options });
  return outfile;
}

describe('tsexpose in CommonJS', { timeout: 60_000 }, () => {
  it('is required with all of its entry points, whether or not Node.js can require ES modules', async () => {
    const program = `
      const { Tailnet, TsexposeError, Capability } = require('tsexpose');
      const others = ['express', 'fastify', 'hono'].map((name) => require('tsexpose/' + name));
      const same = others.every((other) => other.Capability === Capability && typeof other.tailscale === 'function');
      console.log(Tailnet.name, TsexposeError.name, same);
    `;
    for (const flags of [[], ['--no-experimental-require-module']]) {
      expect(await project.run(...flags, '--eval', program)).toMatchObject({ stdout: 'Tailnet TsexposeError true\n' });
    }
  });

  it('is one module for import and require, as far as Node.js can require ES modules', async () => {
    const program = `import('tsexpose').then(({ Tailnet }) => console.log(require('tsexpose').Tailnet === Tailnet))`;
    expect(await project.run('--eval', program)).toMatchObject({ code: 0, stdout: 'true\n' });
  });

  it('works next to the ES modules in one process where Node.js cannot require those', async () => {
    await bundle('required.cjs', { format: 'cjs', packages: 'external' });
    await bundle('imported.mjs', { format: 'esm', packages: 'external' });
    const both = project.write('both.cjs', "require('./required.cjs');\nimport('./imported.mjs');\n");
    const stdout = 'bob@example.com\nbob@example.com\n';
    expect(await project.run('--no-experimental-require-module', both)).toMatchObject({ code: 0, stdout });
  });

  it('works in a bundle by esbuild that leaves it out', async () => {
    const app = await bundle('external.cjs', { format: 'cjs', packages: 'external' });
    expect(await project.run(app)).toMatchObject({ code: 0, stdout: 'bob@example.com\n' });
  });

  it.each(['cjs', 'esm'] as const)('works in a bundle by esbuild that contains it, as %s', async (format) => {
    const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
    const options: BuildOptions = format === 'esm' ? { format, banner: { js: banner } } : { format };
    const app = await bundle(`bundled.${format === 'esm' ? 'mjs' : 'cjs'}`, options);
    expect(await project.run(app)).toMatchObject({ code: 0, stdout: 'bob@example.com\n' });
    // With nothing but the platform's package beside it.
    using alone = new Project();
    const file = alone.write(`dist/${app.endsWith('mjs') ? 'app.mjs' : 'app.cjs'}`, readFileSync(app, 'utf8'));
    expect(await alone.run(file)).toMatchObject({ code: 0, stdout: 'bob@example.com\n' });
  });

  it.skipIf(noJest)('works under Jest as it comes, file after file in one process', async () => {
    const app = await bundle('jest-app.cjs', { format: 'cjs', packages: 'external' });
    const text = readFileSync(app, 'utf8').replace(/\nmain\(\);/, '\nmodule.exports = main;');
    for (const name of ['one', 'two']) {
      project.write(`jest/${name}.test.js`, `${text}\ntest('runs', main, 30000);\n`);
    }
    const { code, stderr } = await project.run(JEST, '--rootDir', join(project.directory, 'jest'), '--runInBand');
    expect(stderr).toContain('Tests:       2 passed, 2 total');
    expect(code).toBe(0);
  });
});

describe('the types of tsexpose', { timeout: 120_000 }, () => {
  const source = `
    import express = require('express');
    import { type Capability, defineCapability, expose, type Exposure, Sandbox, Tailnet, TsexposeError } from 'tsexpose';
    import { tailscale } from 'tsexpose/express';
    import { tailscale as forFastify } from 'tsexpose/fastify';
    import { tailscale as forHono } from 'tsexpose/hono';

    express().use(tailscale({ allow: 'tag:ci' })).get('/', (request) => request.tailscale?.login);
    const exposure: Promise<Exposure> = expose({ target: '3000', name: 'x' });
    const up: Promise<Tailnet> = Tailnet.up({ hostname: 'x' });
    const capability: Capability<unknown> | undefined = undefined;
    class Mine extends TsexposeError {}
    // @ts-expect-error: so that the checks above mean something.
    const wrong: number = Tailnet.up({ hostname: 'x' });
    void [exposure, up, capability, Mine, wrong, defineCapability, Sandbox, forFastify, forHono];
  `;
  const settings = [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['commonjs', 'node10'],
  ] as const;

  it.each(settings)('are found from CommonJS with module %s and moduleResolution %s', async (module, resolution) => {
    const file = project.write(`types/${module}.cts`, source);
    expect(await check(file, '--module', module, '--moduleResolution', resolution)).toEqual([]);
  });

  it('are the same in CommonJS and ES modules', async () => {
    const start = "import { Tailnet } from 'tsexpose';\n";
    project.write('mixed/make.mts', `${start}export const up = () => Tailnet.up({ hostname: 'x' });\n`);
    project.write('mixed/take.cts', `${start}export function take(node: Tailnet): void {\n  node.close();\n}\n`);
    const both = "import { up } from './make.mjs';\nimport { take } from './take.cjs';\ntake(await up());\n";
    expect(await check(project.write('mixed/both.mts', both), '--module', 'node16')).toEqual([]);
  });
});

/** Compiles a file without skipping any declarations, and returns what is wrong. */
async function check(file: string, ...options: string[]): Promise<string[]> {
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--esModuleInterop'];
  const { stdout } = await project.run(typescript5(), ...flags, ...options, file);
  // Hono's own declarations need a later TypeScript.
  return stdout.split('\n').filter((line) => line !== '' && !line.includes('node_modules/hono/'));
}

describe('the package', () => {
  it('is clean for publint and Are The Types Wrong', async () => {
    const { code, stdout, stderr } = await project.run(join(import.meta.dirname, '../../scripts/lint-package.mjs'));
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
