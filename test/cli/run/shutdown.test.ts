import { describe, expect, it } from 'vitest';
import { Interrupts } from '../../../src/cli/run/interrupts.ts';
import { Ending } from '../../../src/cli/run/shutdown.ts';

describe('Ending', () => {
  it('keeps the first cause', async () => {
    using ending = new Ending();
    expect(ending.cause).toBeUndefined();
    ending.end({ reason: 'asked to close', exit: 0 });
    ending.endOutput();
    expect(await ending.wait()).toEqual({ reason: 'asked to close', exit: 0 });
    expect(ending.signal.aborted).toBe(true);
  });

  it('comes with a signal', async () => {
    using ending = new Ending(new Interrupts());
    const end = ending.wait();
    process.kill(process.pid, 'SIGTERM');
    expect(await end).toEqual({ reason: 'interrupted', exit: 130 });
  });

  it('comes when nobody reads standard output any more, and that is a failure', async () => {
    using ending = new Ending();
    ending.endOutput();
    expect(await ending.wait()).toMatchObject({ exit: 1, error: { code: 'EPIPE' } });
  });
});
