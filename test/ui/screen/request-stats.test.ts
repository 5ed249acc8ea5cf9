import { describe, expect, it } from 'vitest';
import { RequestStats } from '../../../src/ui/screen/request-stats.ts';

describe('the statistics of requests', () => {
  it('count all, and measure the latest', () => {
    const stats = new RequestStats();
    expect(stats.traffic(0)).toEqual({ total: 0, rate: 0 });
    for (let ms = 1; ms <= 100; ms++) stats.add({ ms }, 1000);
    expect(stats.traffic(2000)).toEqual({ total: 100, rate: 100, p50: 50, p99: 99 });
    for (let i = 0; i < 5000; i++) stats.add({ ms: 7 }, 3000);
    expect(stats.traffic(6000)).toEqual({ total: 5100, rate: 1020, p50: 7, p99: 7 });
    stats.add(undefined, 60_000);
    expect(stats.traffic(60_000)).toMatchObject({ total: 5101, rate: 0 });
  });
});
