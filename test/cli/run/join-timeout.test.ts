import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JoinTimeout } from '../../../src/cli/run/join-timeout.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('JoinTimeout', () => {
  it('fires after a minute', () => {
    using timeout = new JoinTimeout();
    vi.advanceTimersByTime(59_999);
    expect(timeout.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(timeout.signal.aborted).toBe(true);
    expect(timeout.error).toMatchObject({
      code: 'ERR_TSEXPOSE_TIMEOUT',
      message: 'The node could not join the tailnet within 60 s.',
    });
  });

  it('includes the last warning in its error', () => {
    using timeout = new JoinTimeout(1500);
    timeout.observe({ event: 'warning', code: 'HEALTH', message: 'No route to the control server.' });
    expect(timeout.error.message).toBe(
      'The node could not join the tailnet within 1.5 s: No route to the control server.',
    );
  });

  it.each([
    { event: 'login', url: 'https://login.example.com/a/1' },
    { event: 'state', state: 'needs-approval' },
  ] as const)('does not fire while it waits for a person ($event)', (event) => {
    using timeout = new JoinTimeout(1000);
    timeout.observe({ event: 'state', state: 'starting' });
    timeout.observe(event);
    vi.advanceTimersByTime(3_600_000);
    expect(timeout.signal.aborted).toBe(false);
  });

  it('never fires without a limit', () => {
    using timeout = new JoinTimeout(0);
    vi.advanceTimersByTime(3_600_000);
    expect(timeout.signal.aborted).toBe(false);
  });
});
