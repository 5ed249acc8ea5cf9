import { describe, expect, it } from 'vitest';
import { StreamShares } from '../../../src/proxy/exchange/stream-shares.ts';
import { alice, funnelCaller } from '../../identity/callers.ts';

const bob = { ...alice, node: { ...alice.node!, id: 'another' } };

/** Shares, with a way to open streams that says how many have started and how to end them. */
function shareOf(total: number, each: number) {
  const shares = new StreamShares();
  shares.limit({ total, each });
  return (identity: typeof alice, count: number) => {
    const result = { started: 0, ends: [] as (() => void)[] };
    for (let index = 0; index < count; index += 1) {
      result.ends.push(
        shares.enter(identity, () => {
          result.started += 1;
        }),
      );
    }
    return result;
  };
}

describe('the streams of HTTP/2 callers', () => {
  it('start up to the share of the caller; further ones wait for one of the caller’s own', () => {
    const open = shareOf(64, 32);
    const mine = open(alice, 40);
    expect(mine.started).toBe(32);
    const others = open(bob, 10);
    expect(others.started).toBe(10);
    others.ends[0]!();
    expect(mine.started).toBe(32);
    mine.ends[0]!();
    expect(mine.started).toBe(33);
  });

  it('leave a reserve, of which each caller has a few', () => {
    const open = shareOf(64, 32);
    expect(open(alice, 100).started).toBe(32);
    expect(open(bob, 100).started).toBe(16);
    expect(open(funnelCaller, 100).started).toBe(4);
  });

  it('do not start once they have ended', () => {
    const open = shareOf(8, 4);
    const mine = open(alice, 6);
    mine.ends[4]!();
    mine.ends[0]!();
    mine.ends[1]!();
    expect(mine.started).toBe(5);
  });

  it('of one IPv6 network on the internet count together', () => {
    const open = shareOf(64, 32);
    open({ ...funnelCaller, ip: '2001:db8::1' }, 32);
    expect(open({ ...funnelCaller, ip: '2001:db8::2' }, 1).started).toBe(0);
  });
});
