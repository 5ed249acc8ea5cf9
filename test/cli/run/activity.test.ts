import { expect, it } from 'vitest';
import { Activity } from '../../../src/cli/run/activity.ts';
import type { RequestEvent } from '../../../src/events.ts';

const request = (who: string, status = 200): RequestEvent => {
  const caller = { kind: 'user', who, ip: '100.64.0.2' } as const;
  return { event: 'request', method: 'GET', path: '/', status, ms: 1, bytes: 0, caller };
};

it('activity counts requests, those of the last minute, and recent callers', () => {
  let now = 0;
  const activity = new Activity(() => now);
  activity.observe(request('alice'));
  activity.observe(request('bob', 502));
  activity.observe(request('alice', 0));
  expect(activity.summary).toEqual({
    connections: 0,
    requests: 3,
    failed: 2,
    lastMinute: 3,
    callers: ['alice', 'bob'],
  });
  now = 59_000;
  activity.observe(request('carol'));
  expect(activity.summary).toMatchObject({ lastMinute: 4, callers: ['carol', 'alice', 'bob'] });
  now = 61_000;
  expect(activity.summary).toMatchObject({ requests: 4, lastMinute: 1 });
  now = 301_000;
  expect(activity.summary).toMatchObject({ lastMinute: 0, callers: ['carol'] });
});

it('activity remembers a hundred callers', () => {
  const activity = new Activity(() => 0);
  for (let caller = 0; caller < 1000; caller++) activity.observe(request(`caller-${caller}`));
  expect(activity.summary.callers).toHaveLength(100);
  expect(activity.summary.callers[0]).toBe('caller-999');
});
