import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { Results } from '../../bench/report.mjs';
import { isLeftOut } from '../requirement.ts';

const run = (...args: string[]) => promisify(execFile)(process.execPath, ['bench/run.mjs', ...args]);
const wrk = isLeftOut('wrk', !spawnSync('wrk', ['-v']).error, 'apt-get install wrk');

describe.skipIf(wrk || process.platform !== 'linux')('npm run bench', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('measures a work on the sandbox and keeps its samples', { timeout: 90_000 }, async () => {
    const file = join(dir, 'results.json');
    const { stdout } = await run('--quick', '--only', 'get-16', '--programs', 'tsexpose', '--json', file);
    const { works } = JSON.parse(readFileSync(file, 'utf8')) as Results;
    const [{ value, cpu, p99, memory } = {}] = works[0]!.programs[0]!.samples;
    expect(works.map(({ id }) => id)).toEqual(['get-16']);
    for (const figure of [value, cpu, p99, memory?.rest, memory?.load]) expect(figure).toBeGreaterThan(0);
    expect(stdout).toMatch(/^1 kB GET, 16 connections \(requests\/s\)\n {2}tsexpose +\d+/m);
    expect((await run('--from', file)).stdout).toBe(stdout);
  });

  it('names the works if there is none of that name', async () => {
    const { code, stderr } = await run('--only', 'get-17').catch((error) => error);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bench: --only: unknown name get-17\. Choose from get-1, get-16, /);
  });
});
