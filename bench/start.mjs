// Measures how long tsexpose takes to start, in turns with `node -e 0`, and the memory it has at rest. Prints medians.
//
//   node bench/start.mjs [--rounds 15]
//
// Requires Linux and what `npm run build` builds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Sandbox } from '../dist/index.js';
import { median } from './report.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const PROGRAM = join(import.meta.dirname, '../bin/run.js');
/** How long a node is left alone before its memory is measured, in milliseconds. */
const REST_MS = 3000;

const sandbox = await Sandbox.start();
const app = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
await once(app, 'listening');
const env = { ...process.env, ...sandbox.env, TS_AUTHKEY: sandbox.authKey('alice') };
const target = [`127.0.0.1:${app.address().port}`, '--name', 'start', '--ephemeral', '--json'];
const works = {
  'node -e 0': () => untilExit('-e', '0'),
  'tsexpose --version': () => untilExit(PROGRAM, '--version'),
  'tsexpose --help': () => untilExit(PROGRAM, '--help'),
  'tsexpose 3000 --https off, ready': () => untilReady(...target, '--https', 'off'),
  'tsexpose 3000, ready': () => untilReady(...target),
};

const samples = new Map(Object.keys(works).map((name) => [name, []]));
for (let round = 0; round <= Number(values.rounds); round += 1) {
  for (const [name, work] of Object.entries(works)) {
    const ms = await work();
    if (round > 0) samples.get(name).push(ms);
  }
}
const base = median(samples.get('node -e 0'));
for (const [name, list] of samples) {
  const ms = median(list);
  console.log(`${name.padEnd(34)} ${ms.toFixed(0).padStart(5)} ms  ${(ms / base).toFixed(2)} ×`);
}
const rest = await memoryAtRest();
console.log(`tsexpose 3000 at rest: ${rest.rss} MB resident, ${rest.pss} MB of it its own share`);
app.close();
await sandbox.close();

async function untilExit(...args) {
  const began = performance.now();
  await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit');
  return performance.now() - began;
}

async function untilReady(...args) {
  const began = performance.now();
  const child = await ready(args);
  const ms = performance.now() - began;
  child.kill('SIGTERM');
  await once(child, 'exit');
  return ms;
}

/** Starts tsexpose, and resolves when it has printed the ready event. */
async function ready(args) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const data of child.stdout.iterator({ destroyOnReturn: false })) {
    output += data;
    if (output.includes('"event":"ready"')) break;
  }
  child.stdout.resume();
  if (!output.includes('"event":"ready"')) throw new Error(`tsexpose was not ready:\n${output}`);
  return child;
}

async function memoryAtRest() {
  const child = await ready(target);
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
  const megabytes = (name) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1000);
  const result = { rss: megabytes('Rss'), pss: megabytes('Pss') };
  child.kill('SIGTERM');
  await once(child, 'exit');
  return result;
}
