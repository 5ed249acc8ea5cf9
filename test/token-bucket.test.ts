import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TokenBucket } from '../src/token-bucket.ts';

describe('TokenBucket', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives a burst at once and then refills with time', () => {
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 });
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    vi.advanceTimersByTime(499);
    expect(bucket.take()).toBe(false);
    vi.advanceTimersByTime(1);
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  });

  it('never holds more than a burst', () => {
    const bucket = new TokenBucket({ burst: 2, perSecond: 1 });
    vi.advanceTimersByTime(60_000);
    expect([1, 2, 3].map(() => bucket.take())).toEqual([true, true, false]);
  });

  it('tells how long to wait, and whether it is full', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 / 6 });
    expect([bucket.wait, bucket.full]).toEqual([0, true]);
    bucket.take();
    expect([bucket.wait, bucket.full]).toEqual([6_000, false]);
    vi.advanceTimersByTime(6_000);
    expect([bucket.wait, bucket.full]).toEqual([0, true]);
  });
});
