import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import { Example } from './example.ts';

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

// Next.js is 340 MB, too much for every `npm ci`. `npm install --no-save next react-dom` lets this test run.
describe.skipIf(!isInstalled('next'))('the example of Next.js', () => {
  it('renders pages that know who is calling', { timeout: 120_000 }, async () => {
    await using sandbox = await Sandbox.start();
    await using example = new Example(sandbox, 'next/server.js', { NEXT_TELEMETRY_DISABLED: '1' });
    await example.until('http://next-example.sandbox.ts.net');
    await using door = await sandbox.door('bob', 'next-example:80');
    expect(await (await fetch(door.url)).text()).toContain('Bob Example');
  });
});
