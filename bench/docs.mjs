// Puts the results of a run into docs/benchmarks.md, between its marks, and draws docs/images/benchmarks.svg.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.mjs';
import { toMarkdown } from './report.mjs';

const docs = join(import.meta.dirname, '../docs');
const MARKS = ['<!-- npm run bench -->', '<!-- /npm run bench -->'];

export function writeDocs(results) {
  const page = join(docs, 'benchmarks.md');
  writeFileSync(page, replaceBetweenMarks(readFileSync(page, 'utf8'), sectionOf(results)));
  writeFileSync(join(docs, 'images/benchmarks.svg'), chart(results));
}

/** Returns a page with other text between its marks. */
export function replaceBetweenMarks(page, text) {
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error(`docs/benchmarks.md: expected ${MARKS.join(' … ')}`);
  return `${page.slice(0, begin)}${MARKS[0]}\n${text}\n${page.slice(end)}`;
}

function sectionOf(results) {
  const { date, machine, settings } = results;
  const { rounds, seconds } = settings;
  return `![Each program's figures as multiples of tailscale serve's](images/benchmarks.svg)

${date.slice(0, 10)}: medians of ${rounds} round${rounds === 1 ? '' : 's'} of ${seconds} s on ${machine.cpus} cores (${machine.cpu}), ${machine.system}, Node.js
${machine.node}, ${machine.go}, tailscale.com ${machine.tailscale}, with wrk and ${machine.http2} as callers.

${toMarkdown(results)}`;
}
