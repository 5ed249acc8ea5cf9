// The suite against tsexpose, tailscale serve and tsnet-proxy, each a process of its own on one sandbox tailnet, with
// doors as callers. Prints the table of docs/conformance.md and what failed where.
//
//   npm run build && node test/conformance/side-by-side.mjs [--json FILE]
import { writeFileSync } from 'node:fs';
import { buildPeers, contestants, until } from '../../bench/front.mjs';
import { encodeHeaderValue } from '../../dist/identity/rfc2047.js';
import { Sandbox } from '../../dist/sandbox/sandbox.js';
import { startRecorder } from './recorder.mjs';
import { loadCases, runCase } from './runner.mjs';

const DOORS = { user: 'bob', foreign: 'carol', tagged: 'ci-runner' };

const sandbox = await Sandbox.start();
const recorder = await startRecorder();
const results = {};
for (const [label, start] of Object.entries(contestants(await buildPeers()))) {
  const name = label.replace(' ', '-');
  const front = await start(sandbox, recorder.port, name);
  const callers = {};
  const doors = [];
  for (const [kind, who] of Object.entries(DOORS)) {
    const door = await until(() => sandbox.door(who, `${name}:80`));
    doors.push(door);
    const { login, name: display = '', picture = '' } = sandbox.people.find(({ id }) => id === who) ?? {};
    // tailscale serve answers to the names of its node only.
    callers[kind] = {
      url: door.url,
      host: `${name}.${sandbox.suffix}`,
      login,
      name: encodeHeaderValue(display),
      picture,
    };
    await until(async () => {
      const { status, problems } = await runCase(
        { id: 'up', send: ['GET / HTTP/1.1', 'Host: {{host}}', '', ''], expect: {} },
        recorder,
        callers[kind],
      );
      if (status !== 200) throw new Error(`${label} answers ${status} ${problems}`);
    });
  }
  results[label] = [];
  for (const one of loadCases()) {
    const caller = callers[one.caller ?? 'user'];
    if (!caller) continue;
    results[label].push({ level: one.level, why: one.why, ...(await runCase(one, recorder, caller)) });
  }
  for (const door of doors) await door.close();
  await front.close();
}
recorder.close();
await sandbox.close();

const labels = Object.keys(results);
const areas = [...new Set(results[labels[0]].map(({ id }) => id.split('/')[0]))];
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
row(['', ...labels]);
row(['---', ...labels.map(() => '---')]);
for (const area of areas) {
  row([
    area,
    ...labels.map((label) => {
      const cases = results[label].filter(({ id }) => id.startsWith(`${area}/`));
      return `${cases.filter(({ ok }) => ok).length} of ${cases.length}`;
    }),
  ]);
}
for (const label of labels) {
  console.log(`\n${label}:\n`);
  for (const { id, level, ok, problems } of results[label])
    if (!ok) console.log(`- ${level} ${id}: ${problems.join('; ')}`);
}
const json = process.argv[process.argv.indexOf('--json') + 1];
if (process.argv.includes('--json')) writeFileSync(json, JSON.stringify(results, null, 1));
