import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRY, freshSurroundings } from './run.ts';

const surroundings = freshSurroundings();

describe('bin/run.js', () => {
  it('rejects an outdated Node.js', async () => {
    const old = join(surroundings().root, 'old.cjs');
    writeFileSync(
      old,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.0' } });",
    );
    const { code, stderr } = await surroundings().run(['--version'], { NODE_OPTIONS: `--require=${old}` });
    expect(stderr).toBe('error: tsexpose requires Node.js 20.19 or newer; this is 20.18.0.\n');
    expect(code).toBe(1);
  });

  it('says that a checkout has not been built', () => {
    const bin = join(surroundings().root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(surroundings().root, 'package.json'), '{"type":"module"}');
    copyFileSync(ENTRY, join(bin, 'run.js'));
    const { status, stderr } = spawnSync(process.execPath, [join(bin, 'run.js')], { encoding: 'utf8' });
    expect(stderr).toBe('error: tsexpose has not been built yet.\n  try: npm run build\n');
    expect(status).toBe(1);
  });
});
