// Requests per second through the tailnet: 1 kB keep-alive GETs over 16 connections, by wrk, through one door of the
// sandbox, to tsexpose and its peers in turn, several rounds. Quote ratios of one run, never figures of two.
//
//   node bench/throughput.mjs [rounds] [seconds]
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Sandbox } from '../dist/sandbox/sandbox.js';
import { buildPeers, contestants, cpuTime, memory, until } from './front.mjs';

const [rounds, seconds] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 5)];
const peers = await buildPeers();
const sandbox = await Sandbox.start();
const service = spawn(process.execPath, [join(import.meta.dirname, 'service.mjs')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = Number((await once(service.stdout, 'data'))[0].toString());

const fronts = [];
for (const [label, open] of Object.entries(contestants(peers))) {
  const name = label.replace(' ', '-');
  const front = await open(sandbox, port, name);
  const door = await until(() => sandbox.door('bob', `${name}:80`));
  const host = `${name}.${sandbox.suffix}`; // tailscale serve answers to its own names only
  await until(async () => {
    const [response] = await once(get(door.url, { headers: { host } }), 'response');
    response.resume();
    if (response.statusCode !== 200) throw new Error(`${label} answers ${response.statusCode}`);
  });
  fronts.push({ label, front, door, host, rates: [], cpu: [] });
}

for (let round = -1; round < rounds; round++) {
  for (const { label, front, door, host, rates, cpu } of fronts) {
    const before = cpuTime(front.pid);
    const args = ['-t1', '-c16', `-d${round < 0 ? 2 : seconds}s`, '-H', `Host: ${host}`, `${door.url}/`];
    const { stdout } = await promisify(execFile)('wrk', args);
    const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
    const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
    if (/Non-2xx/.test(stdout)) throw new Error(`${label}: ${stdout}`);
    if (round < 0) continue; // warm-up
    rates.push(rate);
    cpu.push((cpuTime(front.pid) - before) / requests);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const reference = median(fronts.find(({ label }) => label === 'tailscale serve').rates);
console.log('| front | requests/s (median) | min–max | ratio to tailscale serve | CPU per request | memory |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { label, front, rates, cpu } of fronts) {
  const ratio = (median(rates) / reference).toFixed(2);
  const spread = `${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))}`;
  const cells = [
    label,
    Math.round(median(rates)),
    spread,
    ratio,
    `${Math.round(median(cpu))} µs`,
    `${Math.round(memory(front.pid))} MB`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
for (const { front, door } of fronts) {
  await door.close();
  await front.close();
}
service.stdin.end();
await sandbox.close();
