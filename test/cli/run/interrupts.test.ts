import { afterEach, describe, expect, it, vi } from 'vitest';
import { Interrupts } from '../../../src/cli/run/interrupts.ts';

/** Sends this process a signal and resolves when its handlers have run. */
function send(signal: NodeJS.Signals): Promise<void> {
  const heard = new Promise<void>((resolve) => process.once(signal, () => setImmediate(resolve)));
  process.kill(process.pid, signal);
  return heard;
}

afterEach(() => vi.restoreAllMocks());

describe('Interrupts', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('fires on %s', async (signal) => {
    using interrupts = new Interrupts(() => expect.unreachable());
    expect(interrupts.signal.aborted).toBe(false);
    await send(signal);
    expect(interrupts.signal.reason).toBe(signal);
  });

  it('does something else on SIGHUP if it is told to', async () => {
    using interrupts = new Interrupts(() => expect.unreachable());
    let heard = 0;
    interrupts.onHangup = () => heard++;
    await send('SIGHUP');
    await send('SIGHUP');
    expect([heard, interrupts.signal.aborted]).toEqual([2, false]);
    await send('SIGTERM');
    expect(interrupts.signal.reason).toBe('SIGTERM');
  });

  it('forces the exit on the second signal', async () => {
    let forced = 0;
    using _ = new Interrupts(() => forced++);
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    await send('SIGINT');
    now.mockReturnValue(1300);
    await send('SIGTERM');
    expect(forced).toBe(1);
  });

  it('ignores the copy of a keystroke that npm forwards', async () => {
    let forced = 0;
    using interrupts = new Interrupts(() => forced++);
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    await send('SIGINT');
    now.mockReturnValue(1020);
    await send('SIGINT');
    expect(interrupts.signal.aborted).toBe(true);
    expect(forced).toBe(0);
  });

  it('stops listening when disposed', () => {
    const before = process.listenerCount('SIGINT');
    new Interrupts()[Symbol.dispose]();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
