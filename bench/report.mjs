// The table of a benchmark's results, as text and as Markdown.

/** The programs that the others are compared with, and the heading of that column. */
const REFERENCES = { 'tailscale serve': '× serve', 'Go TCP forward': '× TCP forward' };
const HEADINGS = ['program', 'median', 'min–max', ...Object.values(REFERENCES), 'CPU each', 'p99', 'errors', 'memory'];
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
  const groups = groupsOf(results);
  const rows = [HEADINGS, ...groups.flatMap((group) => group.rows)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]));
  const line = (row) => `  ${row.map(cell).join('  ')}`.trimEnd();
  return [line(HEADINGS), ...groups.flatMap(({ heading, rows }) => [heading, ...rows.map(line)])].join('\n');
}

/** Returns the table as Markdown. */
export function toMarkdown(results) {
  const rows = groupsOf(results).flatMap(({ heading, rows }) =>
    rows.map((row, index) => [index === 0 ? heading : '', ...row]),
  );
  const headings = ['work', ...HEADINGS];
  const alignment = headings.map((_, column) => (column < 2 ? '---' : '--:'));
  return [headings, alignment, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function groupsOf(results) {
  return summarize(results).map(({ title, unit, programs }) => ({
    heading: `${title} (${unit})`,
    rows: programs.map(cellsOf),
  }));
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
