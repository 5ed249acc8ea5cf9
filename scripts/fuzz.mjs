// Tries the properties of the sanitiser, the target parser and the proxy for a while:
//
//   npm run fuzz [-- MINUTES]      10 minutes for each by default
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) {
  console.error(`fuzz: expected a number of minutes, got ${process.argv[2]}`);
  process.exit(2);
}
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'fuzz.test'], {
  stdio: 'inherit',
  cwd: dirname(import.meta.dirname),
  env: { ...process.env, TSEXPOSE_FUZZ_MINUTES: String(minutes) },
});
process.exit(status ?? 1);
