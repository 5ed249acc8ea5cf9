import { describe, expect, it } from 'vitest';
import { join, useSandbox } from './pair.ts';

describe('a process', () => {
  useSandbox();

  it('may bring up and close a hundred nodes in turn, and needs no more memory for the last', async () => {
    const rss: number[] = [];
    for (let i = 0; i < 100; i++) {
      const node = await join('alice', `node-${i}`);
      const server = node.createServer((_, res) => res.end('hello')).listen(80);
      await new Promise((resolve) => server.once('listening', resolve));
      await node.close({ timeout: 0 });
      rss.push(process.memoryUsage.rss() / 2 ** 20);
    }
    // The least of each stretch, since a node that is up, or not collected yet, adds some 30 MB for a moment. tsnet
    // itself keeps about a quarter of a megabyte of each node.
    const least = (from: number, to: number) => Math.min(...rss.slice(from, to));
    expect(least(70, 100) - least(20, 50), rss.map(Math.round).join(' ')).toBeLessThan(25);
  }, 120_000);
});
