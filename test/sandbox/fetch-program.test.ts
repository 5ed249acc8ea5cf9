import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageName } from '../../src/platforms.ts';
import { fetchProgram } from '../../src/sandbox/fetch-program.ts';

const PLATFORM = `${process.platform}-${process.arch}`;
const NAME = packageName('sandbox', PLATFORM);
const PROGRAM = '#!/bin/sh\necho the sandbox\n';
const RELEASED = { version: '1.2.3', sandboxPrograms: { [PLATFORM]: checksum(PROGRAM) } };

let root: string;
let cache: string;
let said: string[];
let env: Record<string, string | undefined>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsexpose-fetch-'));
  cache = join(root, 'cache');
  said = [];
  env = { npm_execpath: process.env.npm_execpath };
  release(PROGRAM);
});
afterEach(() => {
  Object.assign(process.env, env);
  if (env.npm_execpath === undefined) delete process.env.npm_execpath;
  rmSync(root, { recursive: true, force: true });
});

function checksum(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** Makes an npm that packs a sandbox package with this program, as the registry would have it. */
function release(program: string): void {
  const folder = join(root, 'released');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: NAME, version: '1.2.3', files: ['sandbox'] }));
  writeFileSync(join(folder, 'sandbox'), program);
  chmodSync(join(folder, 'sandbox'), 0o755);
  const npm = join(root, 'npm-cli.js');
  writeFileSync(
    npm,
    `const { execFileSync } = require('child_process');
     const [, , verb, name, ...rest] = process.argv;
     if (name !== ${JSON.stringify(`${NAME}@1.2.3`)}) { console.error('npm error code E404\\nnpm error 404 Not Found'); process.exit(1); }
     execFileSync('npm', [verb, ${JSON.stringify(folder)}, ...rest], { stdio: 'inherit' });`,
  );
  process.env.npm_execpath = npm;
}

const fetch = (released: object = RELEASED) =>
  fetchProgram({ cache, released: released as typeof RELEASED, onFetch: (sentence) => said.push(sentence) });

describe('fetchProgram', () => {
  it('has npm fetch the program that belongs to this release, and says so', async () => {
    const file = await fetch();
    expect(readFileSync(file, 'utf8')).toBe(PROGRAM);
    expect(said).toEqual([`Fetching the sandbox program with npm, this once: ${NAME}@1.2.3`]);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('keeps it for the next time', async () => {
    const file = await fetch();
    rmSync(join(root, 'released'), { recursive: true });
    expect(await fetch()).toBe(file);
    expect(said).toHaveLength(1);
  });

  it('refuses a program with another checksum, and keeps nothing of it', async () => {
    release('#!/bin/sh\necho something else\n');
    await expect(fetch()).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: `The sandbox program is missing: ${NAME}@1.2.3 does not have the program of this release.`,
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('fetches again what was changed in the cache', async () => {
    const file = await fetch();
    writeFileSync(file, '#!/bin/sh\necho something else\n');
    expect(readFileSync(await fetch(), 'utf8')).toBe(PROGRAM);
    expect(said).toHaveLength(2);
  });

  it('says what npm says when it fails, and how to install the program', async () => {
    await expect(fetch({ ...RELEASED, version: '9.9.9' })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SANDBOX',
      message: expect.stringMatching(/npm could not fetch .*@9\.9\.9: 404 Not Found/),
      suggestions: ['npm install --global tsexpose@9.9.9 @tsexpose/sandbox@9.9.9'],
    });
  });

  it('fetches nothing without a checksum', async () => {
    await expect(fetch({ version: '1.2.3' })).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_SANDBOX' });
    expect(existsSync(cache)).toBe(false);
  });
});
