// Tests real frameworks in a real browser: installs what is missing from npm and PyPI into a temporary directory.
//
//   npm run test:frameworks                 all of them
//   npm run test:frameworks -- Vite,Nuxt    some
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { LOOPBACK_ONLY, VITEST } from './vitest.mjs';

process.chdir(dirname(import.meta.dirname));
const [wanted = 'all', ...rest] = process.argv.slice(2);
const env = { ...process.env, ...LOOPBACK_ONLY, TSEXPOSE_TEST_FRAMEWORKS: wanted };
const { status } = spawnSync(process.execPath, [VITEST, 'run', 'test/frameworks', ...rest], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
