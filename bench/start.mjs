// From the start of the process to being there, on the sandbox, median of 10: tsexpose to its `ready` event and to its
// first answer to a visitor, tsnet-proxy to its first answer (it announces nothing).
//
//   node bench/start.mjs [runs]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Sandbox } from '../dist/sandbox/sandbox.js';
import { buildPeers, contestants, until } from './front.mjs';

const runs = Number(process.argv[2] ?? 10);
const peers = await buildPeers();
const sandbox = await Sandbox.start();
const service = spawn(process.execPath, [join(import.meta.dirname, 'service.mjs')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = Number((await once(service.stdout, 'data'))[0].toString());
await (await sandbox.door('bob', 'nobody:80')).close(); // Bob's node is up before the clock runs

const fronts = contestants(peers);
const times = { 'tsexpose: ready': [], 'tsexpose: first answer': [], 'tsnet-proxy: first answer': [] };
for (let run = 0; run < runs; run++) {
  for (const label of ['tsexpose', 'tsnet-proxy']) {
    const name = `start-${label}-${run}`;
    const began = performance.now();
    const opening = fronts[label](sandbox, port, name);
    const front = await opening;
    if (front.stdout) await ready(front.stdout).then(() => times['tsexpose: ready'].push(performance.now() - began));
    const door = await sandbox.door('bob', `${name}:80`);
    await until(() => answer(door.url, `${name}.${sandbox.suffix}`));
    times[`${label}: first answer`].push(performance.now() - began);
    await door.close();
    await front.close();
  }
}

console.log('| from process start to | median | min–max |');
console.log('| --- | --- | --- |');
for (const [label, values] of Object.entries(times)) {
  const sorted = values.toSorted((a, b) => a - b).map(Math.round);
  console.log(`| ${label} | ${sorted[sorted.length >> 1]} ms | ${sorted[0]}–${sorted.at(-1)} |`);
}
service.stdin.end();
await sandbox.close();

async function ready(stdout) {
  for await (const line of createInterface({ input: stdout })) if (JSON.parse(line).event === 'ready') return;
}

async function answer(url, host) {
  const [response] = await once(get(url, { headers: { host }, agent: false }), 'response');
  response.resume();
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
}
