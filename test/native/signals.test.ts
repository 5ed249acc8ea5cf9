import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../tailnet/pair.ts';
import { ended, runFixture } from './child.ts';

const SIGNALS = 80_000;

describe.runIf(process.platform === 'linux')('signals', () => {
  const sandbox = useSandbox();

  it(`leave the process alive, whichever of its threads they reach (${SIGNALS} sent)`, async () => {
    const { child, lines } = runFixture('traffic.mjs', sandbox().controlUrl);
    expect((await lines.next()).value).toBe('ready');
    const sender = join(import.meta.dirname, 'fixtures/signal_threads.py');
    const { stdout } = await promisify(execFile)('python3', [sender, String(child.pid), String(SIGNALS)]);
    expect(Number(stdout)).toBe(SIGNALS);
    child.stdin!.end();
    const done = JSON.parse((await lines.next()).value);
    expect(done.signals).toBeGreaterThan(1000);
    expect(done.echoes).toBeGreaterThan(10);
    expect(done.children).toBeGreaterThan(10);
    expect(await ended(child)).toEqual({ code: 0, signal: null });
  });

  it('are given the alternate stack as soon as JavaScript listens to one', async () => {
    const dist = join(import.meta.dirname, '../../dist');
    const script = `
      import { nativeRuntime } from '${dist}/internal.js';
      const { binding } = nativeRuntime();
      process.on('SIGHUP', () => {});
      console.log(binding.fixSignalHandlers());
      process.exit();`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(Number(stdout), 'handlers that were left without SA_ONSTACK').toBe(0);
  });

  it('that are asynchronous are blocked in the threads of Go', async () => {
    const { child, lines } = runFixture('traffic.mjs', sandbox().controlUrl);
    await lines.next();
    const hangup = 1n << 0n;
    // But for the moments in which libuv starts a child.
    const ofMain = () => (blockedSignals(child.pid!).get(child.pid!)! & hangup) === 0n;
    await expect.poll(ofMain, { interval: 1, message: 'the main thread takes signals' }).toBe(true);
    const masks = blockedSignals(child.pid!);
    const blocking = [...masks.values()].filter((mask) => (mask & hangup) !== 0n);
    expect(blocking.length).toBeGreaterThanOrEqual(4);
    child.stdin!.end();
    await ended(child);
  });
});

/** The blocked signals of each thread, as /proc tells them. */
function blockedSignals(pid: number): Map<number, bigint> {
  const masks = new Map<number, bigint>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
    masks.set(Number(tid), BigInt(`0x${/^SigBlk:\s*(\w+)/m.exec(status)![1]}`));
  }
  return masks;
}
