import { describe, expect, it } from 'vitest';
import { useSandbox } from '../tailnet/pair.ts';
import { ended, runFixture } from './child.ts';

const ROUNDS = 50;

describe('worker threads', () => {
  const sandbox = useSandbox();

  it(`can load the addon and be terminated at any moment (${ROUNDS} of them), and leave no handle`, async () => {
    const { child, lines } = runFixture('workers.mjs', sandbox().controlUrl, String(ROUNDS));
    const result = JSON.parse((await lines.next()).value);
    expect(result).toMatchObject({ rounds: ROUNDS, nodes: 0, listeners: 0, connections: 0, requests: 0 });
    expect(await ended(child)).toEqual({ code: 0, signal: null });
    // Each worker loads the library anew; on a busy machine, that takes its time.
  }, 120_000);
});
