// Packs the package as npm would publish it, and has publint and Are The Types Wrong look at it. Needs dist/.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

process.chdir(dirname(import.meta.dirname));
if (!existsSync('dist/cjs')) execFileSync(process.execPath, ['scripts/build.mjs', 'ts'], { stdio: 'inherit' });

const directory = mkdtempSync(join(tmpdir(), 'tsexpose-pack-'));
try {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const packed = execFileSync('npm', pack, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const file = join(directory, JSON.parse(packed)[0].filename);
  const failed = [
    ['node_modules/.bin/attw', file],
    ['node_modules/.bin/publint', 'run', '--strict', file],
  ].filter(([program, ...args]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) console.error(stdout + stderr);
    return status !== 0;
  });
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
