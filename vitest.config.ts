import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
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
  },
});
