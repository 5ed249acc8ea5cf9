import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { publishOrder } from '../../scripts/publish.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'tsexpose-publish-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Names of all packages of a release, in the order of the alphabet, with those that each needs. */
const PACKAGES: Record<string, string[]> = {
  '@tsexpose/linux-x64': [],
  '@tsexpose/sandbox': ['@tsexpose/sandbox-linux-x64'],
  '@tsexpose/sandbox-linux-x64': [],
  tsexpose: ['@tsexpose/linux-x64'],
};

/** Packs the packages into a new directory; `versions` are those that differ. */
function pack(names: string[], versions: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(scratch, 'packages-'));
  for (const name of names) {
    const source = mkdtempSync(join(scratch, 'source-'));
    mkdirSync(join(source, 'package'));
    const needs = Object.fromEntries(PACKAGES[name]!.map((other) => [other, version]));
    const json = { name, version: versions[name] ?? version, optionalDependencies: needs };
    writeFileSync(join(source, 'package/package.json'), JSON.stringify(json));
    const file = join(directory, `${name.replace(/[@/]/g, '-')}.tgz`);
    spawnSync('tar', ['-C', source, '-czf', file, 'package']);
  }
  return directory;
}

describe('the order of packages', () => {
  it('has those that others need first, and the main package last', () => {
    const names = publishOrder(pack(Object.keys(PACKAGES))).map(({ name }) => name);
    expect(names).toEqual(['@tsexpose/linux-x64', '@tsexpose/sandbox-linux-x64', '@tsexpose/sandbox', 'tsexpose']);
  });

  it('does not exist if a package is missing', () => {
    expect(() => publishOrder(pack(['tsexpose']))).toThrow('Missing: @tsexpose/linux-x64.');
    expect(() => publishOrder(pack(['@tsexpose/linux-x64']))).toThrow(/does not have the package tsexpose/);
  });

  it('does not exist if the versions differ', () => {
    const directory = pack(['tsexpose', '@tsexpose/linux-x64'], { '@tsexpose/linux-x64': '9.9.9' });
    expect(() => publishOrder(directory)).toThrow(`@tsexpose/linux-x64 has version 9.9.9; tsexpose has ${version}.`);
  });
});

describe('publishing', () => {
  const published: { name: string; tag: string }[] = [];
  let refused: string | undefined;
  const registry = createServer(async (request, response) => {
    const name = decodeURIComponent(request.url!.slice(1));
    response.setHeader('content-type', 'application/json');
    if (request.method === 'PUT') {
      const { 'dist-tags': tags } = JSON.parse(await text(request));
      if (name === refused) return response.writeHead(403).end('{"error":"no"}');
      published.push({ name, tag: Object.keys(tags)[0]! });
      return response.writeHead(201).end('{"ok":true}');
    }
    if (!published.some((one) => one.name === name)) return response.writeHead(404).end('{"error":"not found"}');
    const about = { name, version, dist: { tarball: 'http://127.0.0.1/x.tgz', shasum: 'x' } };
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: about } }));
  });
  beforeAll(() => new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve)));
  afterAll(() => registry.close());
  beforeEach(() => {
    published.length = 0;
    refused = undefined;
  });

  async function publish(...args: string[]): Promise<{ code: number; output: string }> {
    const { port } = registry.address() as AddressInfo;
    const config = join(scratch, 'npmrc');
    writeFileSync(config, `registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=none\n`);
    const { GITHUB_ACTIONS, ...rest } = process.env;
    const env = { ...rest, npm_config_userconfig: config, npm_config_registry: `http://127.0.0.1:${port}/` };
    const child = spawn(process.execPath, ['scripts/publish.mjs', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<number>((resolve) => child.on('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    return { code, output: out + err };
  }

  it('goes from the packages of the platforms to the main one', async () => {
    const { code, output } = await publish(pack(Object.keys(PACKAGES)));
    expect(output).toContain(`tsexpose@${version} → latest`);
    expect(code).toBe(0);
    const names = ['@tsexpose/linux-x64', '@tsexpose/sandbox-linux-x64', '@tsexpose/sandbox', 'tsexpose'];
    expect(published).toEqual(names.map((name) => ({ name, tag: 'latest' })));
  }, 120_000);

  it('leaves out what is published already, so that it can be started again', async () => {
    published.push({ name: '@tsexpose/linux-x64', tag: 'latest' });
    const { code, output } = await publish(pack(['@tsexpose/linux-x64', 'tsexpose']));
    expect(output).toContain(`@tsexpose/linux-x64@${version} is published already`);
    expect(code).toBe(0);
    expect(published.map(({ name }) => name)).toEqual(['@tsexpose/linux-x64', 'tsexpose']);
  }, 120_000);

  it('stops at the first package that the registry refuses', async () => {
    refused = '@tsexpose/linux-x64';
    const { code, output } = await publish(pack(['@tsexpose/linux-x64', 'tsexpose']));
    expect(output).toContain(`@tsexpose/linux-x64@${version} was not published.`);
    expect(code).toBe(1);
    expect(published).toEqual([]);
  }, 120_000);

  it('publishes nothing in a dry run', async () => {
    const { code, output } = await publish(pack(['@tsexpose/linux-x64', 'tsexpose']), '--dry-run');
    expect(output.match(/^npm publish /gm)).toHaveLength(2);
    expect(code).toBe(0);
    expect(published).toEqual([]);
  }, 120_000);
});
