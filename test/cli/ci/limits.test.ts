import { describe, expect, it } from 'vitest';
import { Limits } from '../../../src/cli/ci/limits.ts';
import { inWords } from '../../../src/cli/ci/report/markdown.ts';
import { Shutdown } from '../../../src/cli/run/shutdown.ts';

const request = {
  ...{ event: 'request' as const, method: 'GET', path: '/', status: 200, ms: 1, bytes: 0 },
  caller: { kind: 'user', who: 'bob@example.com', ip: '100.64.0.2' },
} as const;

describe('a preview with limits', () => {
  it('ends when its time is up, and says why', async () => {
    using shutdown = new Shutdown();
    using limits = new Limits();
    limits.start({ ttl: 50 }, shutdown);
    const keepAlive = setTimeout(() => {}, 10_000);
    expect(await shutdown.wait()).toMatchObject({ reason: expect.stringContaining('(--ttl)'), exit: 0 });
    clearTimeout(keepAlive);
  });

  it('ends when there was no request for a while, which each request puts off', async () => {
    using shutdown = new Shutdown();
    using limits = new Limits();
    const begin = performance.now();
    limits.start({ idle: 300 }, shutdown);
    const traffic = setInterval(() => limits.observe(request), 20);
    setTimeout(() => clearInterval(traffic), 400);
    expect(await shutdown.wait()).toMatchObject({ reason: expect.stringContaining('(--idle)'), exit: 0 });
    expect(performance.now() - begin).toBeGreaterThan(600);
  });

  it('says times as a person would', () => {
    expect([7_200_000, 5_400_000, 60_000, 1500].map(inWords)).toEqual([
      '2 hours',
      '90 minutes',
      '1 minute',
      '1.5 seconds',
    ]);
  });
});
