// How the other scripts run vitest, with a Node.js executable of their choice.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Path of vitest's program. */
export const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/** Environment variables that keep nodes in tests on loopback. */
export const LOOPBACK_ONLY = { TS_NO_LOGS_NO_SUPPORT: 'true', TS_PANIC_IF_HIT_MAIN_CONTROL: '1' };
