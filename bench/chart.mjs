// The chart of a benchmark's results: one group of bars a work, as multiples of `tailscale serve`.
import { summarize } from './report.mjs';

const BARS = { tsexpose: 'ours', 'tsnet-proxy': 'peer', 'Go TCP forward': 'forward' };
const REFERENCE = 'tailscale serve';
const WIDTH = 860;
const LEFT = 330;
const RIGHT = 60;
const TOP = 64;
const BAR = 11;
const GAP = 12;
/** Longer bars are cut off; their label has the figure. */
const MOST = 3;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .small { font-size: 10px } .title { font-size: 15px; font-weight: 600 }
  .page { fill: #ffffff } .grid { stroke: #d0d7de } .one { stroke: #24292f }
  .ours { fill: #0969da } .peer { fill: #afb8c1 } .forward { fill: #6e7781 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .page { fill: #0d1117 } .grid { stroke: #30363d } .one { stroke: #e6edf3 }
    .ours { fill: #4493f8 } .peer { fill: #484f58 } .forward { fill: #8b949e }
  }`;

/** Returns an SVG image. */
export function chart(results) {
  const groups = summarize(results)
    .map(({ title, programs }) => ({ title, bars: barsOf(programs) }))
    .filter(({ bars }) => bars.length > 0);
  let y = TOP;
  const body = [];
  for (const { title, bars } of groups) {
    const height = bars.length * BAR;
    body.push(text(LEFT - 10, y + height / 2 + 4, title, 'text-anchor="end"'));
    for (const { kind, ratio } of bars) {
      const width = (scale(Math.min(ratio, MOST)) - LEFT).toFixed(1);
      body.push(`<rect class="${kind}" x="${LEFT}" y="${y}" width="${width}" height="${BAR - 1}"/>`);
      body.push(text(LEFT + Number(width) + 4, y + BAR - 2, ratio.toFixed(2), 'class="small"'));
      y += BAR;
    }
    y += GAP;
  }
  const bottom = y - GAP + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 28}" role="img" aria-label="Benchmarks">
<style>${STYLE}
</style>
<rect class="page" width="100%" height="100%"/>
${text(16, 24, `Compared with ${REFERENCE} (1.0; longer is better)`, 'class="title"')}
${legend()}
${grid(bottom)}
${body.join('\n')}
</svg>
`;
}

function barsOf(programs) {
  return Object.entries(BARS).flatMap(([label, kind]) => {
    const ratio = programs.find((program) => program.label === label)?.ratios[0];
    return ratio === undefined ? [] : [{ kind, ratio }];
  });
}

function legend() {
  return Object.entries(BARS)
    .map(([label, kind], index) => {
      const x = LEFT + index * 140;
      return `<rect class="${kind}" x="${x}" y="40" width="10" height="10"/>${text(x + 16, 49, label)}`;
    })
    .join('\n');
}

function grid(bottom) {
  return Array.from({ length: MOST * 2 + 1 }, (_, index) => {
    const x = scale(index / 2);
    const line = `<line class="${index === 2 ? 'one' : 'grid'}" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${bottom}"/>`;
    return line + text(x, bottom + 16, String(index / 2), 'class="small" text-anchor="middle"');
  }).join('\n');
}

const scale = (ratio) => LEFT + (ratio / MOST) * (WIDTH - LEFT - RIGHT);

function text(x, y, content, attributes = '') {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped}</text>`;
}
