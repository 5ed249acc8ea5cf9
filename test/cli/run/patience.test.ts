import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Patience } from '../../../src/cli/run/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Patience', () => {
  it('runs out after a minute', () => {
    using patience = new Patience();
    vi.advanceTimersByTime(59_999);
    expect(patience.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(patience.signal.aborted).toBe(true);
    expect(patience.error).toMatchObject({
      code: 'ERR_TSEXPOSE_TIMEOUT',
      message: 'The node waited 60 s to join the tailnet.',
    });
  });

  it('says what stood in the way', () => {
    using patience = new Patience(1500);
    patience.notice({ event: 'warning', code: 'HEALTH', message: 'No route to the control server.' });
    expect(patience.error.message).toBe('The node waited 1.5 s to join the tailnet: No route to the control server.');
  });

  it.each([
    { event: 'login', url: 'https://login.example.com/a/1' },
    { event: 'state', state: 'needs-approval' },
  ] as const)('does not run out while a person has something to do ($event)', (event) => {
    using patience = new Patience(1000);
    patience.notice({ event: 'state', state: 'starting' });
    patience.notice(event);
    vi.advanceTimersByTime(3_600_000);
    expect(patience.signal.aborted).toBe(false);
  });

  it('has no end where none is asked for', () => {
    using patience = new Patience(0);
    vi.advanceTimersByTime(3_600_000);
    expect(patience.signal.aborted).toBe(false);
  });
});
