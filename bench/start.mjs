// Startup time on the sandbox, median of 10 runs: tsexpose until its `ready` event and until its first response,
// tsnet-proxy until its first response (it has no `ready` event).
//
//   node bench/start.mjs [runs]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Sandbox } from '../dist/sandbox/sandbox.js';
import { buildTailscale, contenders, until } from './contenders.mjs';

const runs = Number(process.argv[2] ?? 10);
const start = contenders(await buildTailscale());
const sandbox = await Sandbox.start();
const target = spawn(process.execPath, [join(import.meta.dirname, 'target.mjs')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = Number((await once(target.stdout, 'data'))[0].toString());
await (await sandbox.door('bob', 'missing:80')).close(); // brings up Bob's node before the clock starts

const times = { 'tsexpose: ready': [], 'tsexpose: first response': [], 'tsnet-proxy: first response': [] };
for (let run = 0; run < runs; run++) {
  for (const label of ['tsexpose', 'tsnet-proxy']) {
    const name = `start-${label}-${run}`;
    const began = performance.now();
    const program = await start[label](sandbox, port, name);
    if (program.stdout) {
      await ready(program.stdout);
      times['tsexpose: ready'].push(performance.now() - began);
    }
    const door = await sandbox.door('bob', `${name}:80`);
    await until(() => fetchOnce(door.url, `${name}.${sandbox.suffix}`));
    times[`${label}: first response`].push(performance.now() - began);
    await door.close();
    await program.close();
  }
}

console.log('| from process start until | median | min–max |');
console.log('| --- | --- | --- |');
for (const [label, values] of Object.entries(times)) {
  const sorted = values.toSorted((a, b) => a - b).map(Math.round);
  console.log(`| ${label} | ${sorted[sorted.length >> 1]} ms | ${sorted[0]}–${sorted.at(-1)} |`);
}
target.stdin.end();
await sandbox.close();

async function ready(stdout) {
  for await (const line of createInterface({ input: stdout })) if (JSON.parse(line).event === 'ready') return;
}

async function fetchOnce(url, host) {
  const [response] = await once(get(url, { headers: { host }, agent: false }), 'response');
  response.resume();
  if (response.statusCode !== 200) throw new Error(`got status ${response.statusCode}`);
}
