import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Fence, fences, PAGES } from './pages.ts';

/** Inside the package, so that `tsexpose` resolves to the package itself. */
const DIRECTORY = 'build/docs-code';
const LANGUAGES = { js: { strict: false }, ts: { strict: true } };

/** What a piece of code may use without having it declared or imported, as the text around it says where it is from. */
const GIVEN: Record<string, string> = {
  app: `declare const app: import('express').Application;`,
  axios: `import axios from 'axios';`,
  createServer: `declare const createServer: import('tsexpose').Tailnet['createServer'];`,
  defineCapability: `import { defineCapability } from 'tsexpose';`,
  handler: `declare const handler: (req: any, res: any) => void;`,
  identityHeaders: `import { identityHeaders } from 'tsexpose';`,
  pg: `import pg from 'pg';`,
  req: `declare const req: import('node:http').IncomingMessage;`,
  request: `import { request } from 'undici';`,
  Sandbox: `import { Sandbox } from 'tsexpose';`,
  sandbox: `declare const sandbox: import('tsexpose').Sandbox;`,
  server: `declare const server: import('node:http').Server;`,
  socket: `declare const socket: import('tsexpose').TailnetSocket;`,
  startMyApp: `declare const startMyApp: (options: { controlUrl: string; authKey: string }) => Promise<AsyncDisposable>;`,
  Tailnet: `import { Tailnet } from 'tsexpose';`,
  tailnet: `declare const tailnet: import('tsexpose').Tailnet;`,
  tailscale: `import { tailscale } from 'tsexpose/express';`,
  WebSocket: `import { WebSocket } from 'ws';`,
};

/** Returns the code as a module that declares what it is given. */
function moduleOf({ text }: Fence): string {
  const names = Object.keys(GIVEN).filter((name) => {
    const declared = new RegExp(
      `(?:const|let|using|function|class) ${name}\\b|import [^;]*\\b${name}\\b[^;]*from`,
    ).test(text);
    return !declared && new RegExp(`(?<![.\\w'-])${name}\\b`).test(text);
  });
  return [...names.map((name) => GIVEN[name]), text, 'export {};', ''].join('\n');
}

// docs/api is made from docstrings, whose examples test/types/examples.test.ts compiles and runs.
const code = PAGES.filter((page) => !page.startsWith('docs/api/'))
  .flatMap((page) => fences(page))
  .filter(({ language }) => language in LANGUAGES);

describe('the code in the documentation', () => {
  it('is found', () => {
    expect(code.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(LANGUAGES))('has the right types: %s', (language, compilerOptions) => {
    const directory = join(DIRECTORY, language);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const fence of code.filter((one) => one.language === language))
      writeFileSync(join(directory, `${fence.where.replace(/[^\w]+/g, '-')}.ts`), moduleOf(fence));
    const options = { ...compilerOptions, skipLibCheck: true, noUnusedLocals: false, noImplicitAny: false };
    const config = { extends: '../../../tsconfig.json', compilerOptions: options, include: ['.'] };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(fileURLToPath(import.meta.resolve('typescript/package.json')), '../bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', directory], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
