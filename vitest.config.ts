import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that measure time, or drive a terminal by it. Nothing else runs beside them. */
const ALONE = [
  'load/*',
  'commands/screen',
  'commands/terminal',
  'tailnet/http/busy',
  'tailnet/certificate/renewer',
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    // The addon holds a Go runtime: every test file gets a process of its own, never a thread.
    pool: 'forks',
    // oclif writes to the real console.
    disableConsoleIntercept: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    env: {
      // A test talks to loopback only.
      TS_NO_LOGS_NO_SUPPORT: 'true',
      TS_PANIC_IF_HIT_MAIN_CONTROL: '1',
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...configDefaults.exclude, ...ALONE],
          // Every file has a sandbox of its own, and tests wait more than they compute.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
