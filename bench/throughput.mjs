// Requests per second through the tailnet: wrk sends keep-alive GETs for 1 kB over 16 connections through one sandbox door
// to each program in turn, for several rounds. Quote ratios within one run; never compare figures from different runs.
//
//   node bench/throughput.mjs [rounds] [seconds]
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Sandbox } from '../dist/sandbox/sandbox.js';
import { buildTailscale, contenders, cpuTime, memory, until } from './contenders.mjs';

const [rounds, seconds] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 5)];
const bin = await buildTailscale();
const sandbox = await Sandbox.start();
const target = spawn(process.execPath, [join(import.meta.dirname, 'target.mjs')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = Number((await once(target.stdout, 'data'))[0].toString());

const running = [];
for (const [label, start] of Object.entries(contenders(bin))) {
  const name = label.replace(' ', '-');
  const program = await start(sandbox, port, name);
  const door = await until(() => sandbox.door('bob', `${name}:80`));
  const host = `${name}.${sandbox.suffix}`; // tailscale serve responds only to its own names
  await until(async () => {
    const [response] = await once(get(door.url, { headers: { host } }), 'response');
    response.resume();
    if (response.statusCode !== 200) throw new Error(`${label}: got status ${response.statusCode}`);
  });
  running.push({ label, program, door, host, rates: [], cpu: [] });
}

for (let round = -1; round < rounds; round++) {
  for (const { label, program, door, host, rates, cpu } of running) {
    const before = cpuTime(program.pid);
    const args = ['-t1', '-c16', `-d${round < 0 ? 2 : seconds}s`, '-H', `Host: ${host}`, `${door.url}/`];
    const { stdout } = await promisify(execFile)('wrk', args);
    const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
    const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
    if (/Non-2xx/.test(stdout)) throw new Error(`${label}: ${stdout}`);
    if (round < 0) continue; // warm-up
    rates.push(rate);
    cpu.push((cpuTime(program.pid) - before) / requests);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const reference = median(running.find(({ label }) => label === 'tailscale serve').rates);
console.log('| program | requests/s (median) | min–max | ratio to tailscale serve | CPU per request | memory |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { label, program, rates, cpu } of running) {
  const ratio = (median(rates) / reference).toFixed(2);
  const spread = `${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))}`;
  const cells = [
    label,
    Math.round(median(rates)),
    spread,
    ratio,
    `${Math.round(median(cpu))} µs`,
    `${Math.round(memory(program.pid))} MB`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
for (const { program, door } of running) {
  await door.close();
  await program.close();
}
target.stdin.end();
await sandbox.close();
