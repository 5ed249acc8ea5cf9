// The table of a benchmark's results, as text and as Markdown.

/** The programs that the others are compared with, and the heading of that column. */
const REFERENCES = { 'tailscale serve': '× serve', 'Go TCP forward': '× TCP forward' };
const HEADINGS = [
  'work',
  'program',
  'median',
  'min–max',
  ...Object.values(REFERENCES),
  'CPU each',
  'p99',
  'errors',
  'memory',
];
const NOTHING = '–';

/** Returns the median of numbers, or undefined if there are none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** Returns each work with the medians of each program, and how they compare: more than 1 is better than the reference. */
export function summarize({ works }) {
  return works.map((work) => {
    const programs = work.programs.map((program) => summaryOf(program));
    const isLessBetter = !work.unit.endsWith('/s');
    for (const program of programs) {
      program.ratios = Object.keys(REFERENCES).map((label) => {
        const reference = programs.find((other) => other.label === label)?.value;
        if (reference === undefined || program.value === undefined) return undefined;
        return isLessBetter ? reference / program.value : program.value / reference;
      });
    }
    return { ...work, programs };
  });
}

function summaryOf({ label, samples }) {
  const of = (pick) => median(samples.map(pick));
  const values = samples.map(({ value }) => value).filter((value) => value !== undefined);
  return {
    label,
    value: of(({ value }) => value),
    range: values.length > 0 ? [Math.min(...values), Math.max(...values)] : undefined,
    cpu: of(({ cpu }) => cpu),
    p99: of(({ p99 }) => p99),
    errors: samples.reduce((sum, { errors = 0 }) => sum + errors, 0),
    failure: samples.find(({ error }) => error)?.error,
    rest: of(({ memory }) => memory?.rest),
    load: of(({ memory }) => memory?.load),
  };
}

/** Returns the table for a terminal. */
export function toText(results) {
  const rows = [HEADINGS, ...rowsOf(results)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** Returns the table as Markdown. */
export function toMarkdown(results) {
  const rows = [HEADINGS, HEADINGS.map((_, column) => (column < 2 ? '---' : '--:')), ...rowsOf(results)];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function rowsOf(results) {
  return summarize(results).flatMap(({ title, unit, programs }) =>
    programs.map((program, index) => [index === 0 ? `${title} (${unit})` : '', ...cellsOf(program)]),
  );
}

function cellsOf({ label, value, range, ratios, cpu, p99, errors, failure, rest, load }) {
  const memory = [rest, load].map((kilobytes) => show(kilobytes, (kB) => String(Math.round(kB / 1024))));
  return [
    label,
    failure && value === undefined ? 'failed' : show(value, digits),
    show(range, ([least, most]) => `${digits(least)}–${digits(most)}`),
    ...ratios.map((ratio) => show(ratio, (number) => number.toFixed(2))),
    show(cpu, duration),
    show(p99, (ms) => duration(ms * 1000)),
    failure && errors === 0 ? 'failed' : String(errors),
    load === undefined ? NOTHING : `${rest === undefined ? '' : `${memory[0]} → `}${memory[1]} MB`,
  ];
}

const show = (value, format) => (value === undefined ? NOTHING : format(value));
const digits = (value) => (Math.abs(value) < 100 ? value.toFixed(1) : String(Math.round(value)));
const duration = (µs) => (µs < 1000 ? `${Math.round(µs)} µs` : `${(µs / 1000).toFixed(1)} ms`);
