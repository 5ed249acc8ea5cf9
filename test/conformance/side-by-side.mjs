// The suite against tsexpose, tailscale serve, tsnet-proxy, and http-proxy and http-proxy-3 on tailnet sockets, each a
// process of its own on one sandbox tailnet, with doors as callers. Prints the table of docs/conformance.md and what failed where.
//
//   npm run build && node test/conformance/side-by-side.mjs [--slow] [--only PREFIX] [--json FILE]
import { writeFileSync } from 'node:fs';
import { buildTailscale, contenders, until } from '../../bench/contenders.mjs';
import { Sandbox } from '../../dist/index.js';
import { encodeHeaderValue } from '../../dist/internal.js';
import { libraries } from './http-proxy.mjs';
import { startRecorder } from './recorder.mjs';
import { loadCases, runCase } from './runner.mjs';

const DOORS = { user: 'bob', foreign: 'carol', tagged: 'ci-runner' };
/** How the cases are sent: what is said, and to which port. */
const LANES = {
  'HTTP/1.1': { protocol: 'http/1.1', port: 80 },
  'HTTP/1.1 in TLS': { protocol: 'http/1.1', port: 443 },
  'HTTP/2': { protocol: 'h2', port: 443 },
};

const sandbox = await Sandbox.start();
const recorder = await startRecorder();
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';
const results = {};
const contestants = Object.entries({ ...contenders(await buildTailscale()), ...libraries });
for (const [label, start] of contestants) {
  for (const https of [false, true]) {
    const name = `${label.replace(' ', '-')}${https ? '-tls' : ''}`;
    const contestant = await start(sandbox, recorder.port, name, { https });
    for (const [lane, { protocol, port }] of Object.entries(LANES)) {
      if ((port === 443) !== https) continue;
      results[lane] ??= {};
      const cases = loadCases(protocol, { secure: https }).filter(({ id }) => id.startsWith(only));
      results[lane][label] = await runAll(name, protocol, port, cases, recorder).catch((error) => {
        console.error(`${label} does not speak ${lane}: ${error.message}`);
        return [];
      });
    }
    await contestant.close();
  }
}
recorder.close();
if (process.argv.includes('--slow')) await Promise.all(contestants.map((one) => runSlow(...one)));
await sandbox.close();

const labels = Object.keys(Object.values(results)[0]);
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
for (const [lane, byLabel] of Object.entries(results)) {
  row([lane, ...labels]);
  row(['---', ...labels.map(() => '---')]);
  const areas = [...new Set(byLabel[labels[0]].map(({ id }) => id.split('/')[0]))].sort();
  for (const area of areas) {
    const cases = labels.map((label) => byLabel[label].filter(({ id }) => id.startsWith(`${area}/`)));
    row([
      area,
      ...cases.map((list) => (list.length === 0 ? '–' : `${list.filter(({ ok }) => ok).length} of ${list.length}`)),
    ]);
  }
  console.log();
}
for (const [lane, byLabel] of Object.entries(results)) {
  for (const label of labels) {
    console.log(`\n${label}, ${lane}:\n`);
    for (const { id, level, ok, problems } of byLabel[label])
      if (!ok) console.log(`- ${level} ${id}: ${problems.join('; ')}`);
  }
}
const json = process.argv[process.argv.indexOf('--json') + 1];
if (process.argv.includes('--json')) writeFileSync(json, JSON.stringify(results, null, 1));

/** Runs the cases that take minutes against one contestant, with an app of its own. */
async function runSlow(label, start) {
  const app = await startRecorder();
  const name = `${label.replace(' ', '-')}-slow`;
  const contestant = await start(sandbox, app.port, name);
  const cases = loadCases('http/1.1', { slow: true }).filter(({ silence }) => silence);
  results['HTTP/1.1'][label].push(...(await runAll(name, 'http/1.1', 80, cases, app)));
  await contestant.close();
  app.close();
}

/** Runs cases against one contestant. */
async function runAll(name, protocol, port, cases, recorder) {
  const callers = {};
  const doors = [];
  for (const [kind, who] of Object.entries(DOORS)) {
    const door = await until(() => sandbox.door(who, `${name}:${port}`));
    doors.push(door);
    const { login, name: display = '', picture = '' } = sandbox.people.find(({ id }) => id === who) ?? {};
    callers[kind] = {
      url: port === 443 ? door.url.replace(/^http:/, 'https:') : door.url,
      // tailscale serve answers to the names of its node only.
      host: `${name}.${sandbox.suffix}`,
      ca: sandbox.ca,
      ...{ login, name: encodeHeaderValue(display), picture },
    };
    const ping = { id: 'up', send: ['GET / HTTP/1.1', 'Host: {{host}}', '', ''], expect: {} };
    await until(async () => {
      const { status, problems } = await runCase(ping, recorder, callers[kind], protocol);
      if (status !== 200) throw new Error(`${name} answers ${status} ${problems}`);
    });
  }
  const all = [];
  for (const one of cases) {
    const caller = callers[one.caller ?? 'user'];
    if (caller) all.push({ level: one.level, why: one.why, ...(await runCase(one, recorder, caller, protocol)) });
  }
  for (const door of doors) await door.close();
  return all;
}
