// Runs the property tests of the sanitizer, the target parser, and the proxy for a given time:
//
//   npm run fuzz [-- MINUTES]      10 minutes each by default
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { VITEST } from './vitest.mjs';

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) {
  console.error(`fuzz: expected a number of minutes, got ${process.argv[2]}`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [VITEST, 'run', 'fuzz.test'], {
  stdio: 'inherit',
  cwd: dirname(import.meta.dirname),
  env: { ...process.env, TSEXPOSE_FUZZ_MINUTES: String(minutes) },
});
process.exit(status ?? 1);
