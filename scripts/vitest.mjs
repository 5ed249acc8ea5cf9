// How scripts run vitest, by a Node.js of their choice.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The program. */
export const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/** Variables of whatever is run: a test talks to loopback only. */
export const LOOPBACK_ONLY = { TS_NO_LOGS_NO_SUPPORT: 'true', TS_PANIC_IF_HIT_MAIN_CONTROL: '1' };
