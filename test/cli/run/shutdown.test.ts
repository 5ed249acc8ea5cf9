import { describe, expect, it } from 'vitest';
import { Interrupts } from '../../../src/cli/run/interrupts.ts';
import { Shutdown } from '../../../src/cli/run/shutdown.ts';

describe('Shutdown', () => {
  it('keeps the first cause', async () => {
    using shutdown = new Shutdown();
    expect(shutdown.cause).toBeUndefined();
    shutdown.end({ reason: 'close requested', exit: 0 });
    shutdown.endOutput();
    expect(await shutdown.wait()).toEqual({ reason: 'close requested', exit: 0 });
    expect(shutdown.signal.aborted).toBe(true);
  });

  it('begins with a signal', async () => {
    using shutdown = new Shutdown(new Interrupts());
    const end = shutdown.wait();
    process.kill(process.pid, 'SIGTERM');
    expect(await end).toEqual({ reason: 'interrupted', exit: 130 });
  });

  it('begins when standard output is closed, as a failure', async () => {
    using shutdown = new Shutdown();
    shutdown.endOutput();
    expect(await shutdown.wait()).toMatchObject({ exit: 1, error: { code: 'EPIPE' } });
  });
});
