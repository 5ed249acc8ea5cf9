import { describe, expect, it } from 'vitest';
import { chart } from '../../bench/chart.mjs';
import { replaceBetweenMarks } from '../../bench/docs.mjs';
import { median, toMarkdown, toText } from '../../bench/report.mjs';
import results from './results.json' with { type: 'json' };

describe('the table of the benchmarks', () => {
  it('has medians, ratios of which more is better, and what failed', () => {
    expect(`\n${toText(results)}\n`).toBe(`
  program          median    min–max  × serve  × TCP forward  CPU each     p99  errors        memory
1 kB GET, 16 connections (requests/s)
  tsexpose           4000  3000–4200     2.00           0.80    190 µs  5.0 ms       1  110 → 130 MB
  tailscale serve    2000  2000–2000     1.00           0.40    1.4 ms  800 µs  failed    40 → 50 MB
  tsnet-proxy      failed          –        –              –         –       –  failed             –
  Go TCP forward     5000  5000–5000     2.50           1.00    150 µs  3.0 ms       0         30 MB
From process start to the first response (ms)
  tsexpose            750    700–800     0.50              –         –       –       0             –
  tailscale serve     375    375–375     1.00              –         –       –       0             –
`);
  });

  it('is the same in Markdown, with each work named once', () => {
    const lines = toMarkdown(results).split('\n');
    expect(lines).toHaveLength(2 + 4 + 2);
    expect(lines[2]).toBe(
      '| 1 kB GET, 16 connections (requests/s) | tsexpose | 4000 | 3000–4200 | 2.00 | 0.80 | 190 µs | 5.0 ms | 1 | 110 → 130 MB |',
    );
    expect(lines[3]).toMatch(/^\| {2}\| tailscale serve \| 2000 \|/);
  });

  it('takes the middle of an even number of samples, and none of nothing', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([undefined, 7])).toBe(7);
    expect(median([undefined])).toBeUndefined();
  });
});

describe('the chart of the benchmarks', () => {
  it('has a bar for each program that could be compared, cut off at 3', () => {
    const svg = chart(results);
    expect(svg.match(/<rect class="ours"/g)).toHaveLength(1 + 2); // with the one in the legend
    expect(svg.match(/<rect class="peer"/g)).toHaveLength(1);
    expect(svg.match(/<rect class="forward"/g)).toHaveLength(1 + 1);
    expect(svg).toContain('>2.50</text>');
    const widths = [...svg.matchAll(/class="(?:ours|forward)" [^>]* width="([\d.]+)" height="10"\/>$/gm)];
    expect(widths.map(([, width]) => Number(width))).toEqual([313.3, 391.7, 78.3]);
  });
});

describe('docs/benchmarks.md', () => {
  it('gets the results between its marks and keeps the rest', () => {
    const page = 'Before\n<!-- npm run bench -->\nold\n<!-- /npm run bench -->\nAfter\n';
    const expected = 'Before\n<!-- npm run bench -->\nnew\n<!-- /npm run bench -->\nAfter\n';
    expect(replaceBetweenMarks(page, 'new')).toBe(expected);
    expect(() => replaceBetweenMarks('Before', 'new')).toThrow(/expected <!-- npm run bench -->/);
  });
});
