// Calls an exposure for a while, as several callers at once, while everything around it is restarted:
//
//   npm run soak -- --minutes N [--json FILE] [--evidence DIR]
//
// Fails on a loss that a direct connection would not have. What is in flight while the app restarts is excused;
// restarts of control and of the relay, and devices that join and leave, excuse nothing.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Sandbox } from '../../dist/index.js';
import { Caller } from './caller.mjs';
import { Disturbances } from './disturbances.mjs';
import { Evidence } from './evidence.mjs';
import { App, Exposure, Tail } from './exposure.mjs';
import { Excuses } from './outcomes.mjs';
import { closingLine, hasFailed, reportOf, textOf } from './report.mjs';
import { Resources } from './resources.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    json: { type: 'string' },
    evidence: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`soak: expected a number of minutes, got ${values.minutes}`);
  process.exit(2);
}

const sandboxLog = new Tail();
const sandbox = await Sandbox.start({ log: (line) => sandboxLog.add(line) });
const app = new App();
await app.start();
const exposure = await Exposure.start(sandbox, app);
const evidence = new Evidence(values.evidence ?? join(tmpdir(), `soak-${process.pid}`), {
  sandbox,
  exposure,
  sandboxLog,
});

const over = new AbortController();
const excuses = new Excuses();
const common = { excuses, signal: over.signal, onTrouble: (caller, error) => evidence.collect(caller, error) };
const callers = [
  new Caller('alice', 'alice@example.com', common),
  new Caller('bob', 'bob@example.com', common),
  new Caller('tag:ci', 'ci-runner', common),
];
for (const caller of callers) await caller.open(sandbox);
const disturbances = new Disturbances({ sandbox, app, excuses, callers, signal: over.signal });
const resources = new Resources();
const problems = [];
const died = exposure.ended.then((how) => {
  if (!over.signal.aborted) problems.push(`tsexpose ended: ${how}\n${exposure.log}`);
});
const report = () =>
  reportOf({ minutes, callers, disturbances, resources, evidence, problems: [...problems, ...disturbances.problems] });

resources.start(exposure);
let passed = 0;
const progress = setInterval(() => {
  const { total, resources } = report();
  console.log(`${++passed} min: ${closingLine(total)}; ${Math.round(resources.rss?.last ?? 0)} MB`);
}, 60_000);
const running = Promise.all([...callers.map((caller) => caller.run()), disturbances.run()]);
await Promise.race([delay(minutes * 60_000), died]);
resources.stop();
over.abort();
await running;
clearInterval(progress);
await evidence.written();
const ended = await exposure.close();
if (ended !== 'exit code 130' && problems.length === 0)
  problems.push(`tsexpose ended badly: ${ended}\n${exposure.log}`);
await app.kill();
await sandbox.close();

const result = report();
if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...result, samples: resources.samples }, null, 2)}\n`);
console.log(`\n${textOf(result)}\n\n${closingLine(result.total)}`);
process.exit(hasFailed(result) ? 1 : 0);
