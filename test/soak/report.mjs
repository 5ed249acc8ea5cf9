// The report: tables for people, and the same as an object.
import { FAULTS, totalOf } from './outcomes.mjs';

const KINDS = ['GET', 'GET anew', 'upload', 'SSE', 'WebSocket', 'TCP', 'abort', 'new device'];

/** Everything that was found out. */
export function reportOf({ minutes, callers, disturbances, resources, evidence, problems }) {
  return {
    minutes,
    total: totalOf(callers.map(({ outcomes }) => outcomes)),
    callers: Object.fromEntries(callers.map(({ who, outcomes }) => [who, outcomes])),
    disturbances: disturbances.counts,
    resources: resources.summary(),
    problems,
    ...(evidence.directory && { evidence: evidence.directory }),
  };
}

/** Whether something was lost that a direct connection would not have lost. */
export function hasFailed({ total, problems }) {
  return problems.length > 0 || FAULTS.some((fault) => total[fault] > 0);
}

/** One line about everything so far. */
export function closingLine({ requests, lost, hung, reset, wrong }) {
  return `soak: ${requests} requests, ${lost} lost, ${hung} hung, ${reset} reset, ${wrong} with a wrong identity`;
}

/** The report for people. */
export function textOf({ callers, disturbances, resources, problems, evidence }) {
  const rows = Object.entries(callers).map(([who, { answered, lost, hung, reset, wrong, excused }]) => [
    who,
    ...KINDS.map((kind) => answered[kind] ?? 0),
    ...[lost, hung, reset, wrong, excused],
  ]);
  const slowest = KINDS.map((kind) =>
    Math.max(...Object.values(callers).map((outcomes) => outcomes.slowest[kind] ?? 0)),
  );
  rows.push(['slowest, ms', ...slowest, '', '', '', '', '']);
  const round = (value) => Number(value.toFixed(1));
  const { control, relay, target, joined } = disturbances;
  return [
    table(['caller', ...KINDS, ...FAULTS, 'excused'], rows),
    table(
      ['tsexpose', 'first', 'last', 'max', 'slope a minute'],
      Object.entries(resources).map(([name, { first, last, max, slope }]) => [
        name === 'rss' ? 'RSS, MB' : name,
        ...[first, last, max, slope].map(round),
      ]),
    ),
    `restarts: control ${control}, relay ${relay}, target ${target}; ${joined} devices joined`,
    [
      ...Object.entries(callers).flatMap(([who, { faults }]) => faults.map((fault) => `${who}: ${fault}`)),
      ...problems,
      ...(evidence ? [`evidence: ${evidence}`] : []),
    ].join('\n'),
  ]
    .join('\n\n')
    .trimEnd();
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
