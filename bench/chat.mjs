// The latency of a full chat: 500 connections from 26 people in one room, 20 messages a second, and one client that does
// not read.
//
//   node bench/chat.mjs [--via loopback|tailnet] [--clients 500] [--rate 20] [--seconds 20] [--json]
//
// Prints how long messages take from `say` to each screen, and the memory of the chat's process. Uses dist/, so run
// `npm run build` first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';

const PEOPLE = 26;
/** CPU time of each process at its last sample, in seconds. */
const ticks = new Map();
const { values } = parseArgs({
  options: {
    via: { type: 'string', default: 'loopback' },
    clients: { type: 'string', default: '500' },
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    // Internal: marks the child process that runs the chat.
    server: { type: 'boolean', default: false },
  },
});

if (values.server) await serve();
else await measure();

/** Runs a chat with one loopback server per person. Prints the ports, then its memory use every second. */
async function serve() {
  const { createServer } = await import('node:http');
  const { Chat, serveChat } = await import('../dist/internal.js');
  const chat = new Chat();
  const ports = [];
  for (let index = 0; index < PEOPLE; index += 1) {
    const login = `person${index}@example.com`;
    const node = { id: `n${index}`, name: `laptop${index}`, fqdn: '', ips: [], os: '', tags: [] };
    const identity = {
      kind: 'user',
      login,
      name: login,
      picture: '',
      userId: `${index}`,
      groups: [],
      node,
      ip: '',
      port: 0,
    };
    const server = createServer().listen(0, '127.0.0.1');
    serveChat(server, chat, { names: () => ['chat'], identify: () => identity });
    await once(server, 'listening');
    ports.push(server.address().port);
  }
  console.log(JSON.stringify({ ports }));
  report();
}

function report() {
  let before = process.cpuUsage();
  setInterval(() => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    console.log(JSON.stringify({ rss, heapUsed, cpu: (user + system) / 1e6 }));
  }, 1000);
}

async function measure() {
  const [clients, rate, seconds] = [values.clients, values.rate, values.seconds].map(Number);
  const chat = values.via === 'tailnet' ? await startOnTailnet() : await startOnLoopback();
  const latencies = [];
  const sockets = [];
  for (let index = 0; index < clients; index += 1) {
    // Spread over all people, because each may have at most twenty connections.
    sockets.push(await connect(chat.urls[index % PEOPLE], (ms) => latencies.push(ms)));
  }
  const stalled = await connect(chat.urls.at(-1), () => {});
  stalled.pause();
  chat.samples.length = 0;
  let sent = 0;
  const sender = setInterval(() => {
    const socket = sockets[sent % PEOPLE];
    socket.send(JSON.stringify({ type: 'say', ref: `r${sent++}`, text: `${performance.now()} ${'x'.repeat(120)}` }));
  }, 1000 / rate);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(sender);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  for (const socket of [...sockets, stalled]) socket.terminate();
  await chat.close();
  show({ via: values.via, clients, open, rate, seconds, sent, latencies, samples: chat.samples });
}

function show({ latencies, samples, sent, open, ...settings }) {
  latencies.sort((a, b) => a - b);
  const at = (share) => Number(latencies[Math.floor((latencies.length - 1) * share)].toFixed(1));
  const mb = (sample) => Math.round(sample.rss / 2 ** 20);
  const expected = sent * settings.clients;
  const result = {
    ...settings,
    delivered: latencies.length,
    missing: expected - latencies.length,
    stillOpen: open,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    rssMb: samples.length > 0 ? [mb(samples[0]), mb(samples.at(-1))] : undefined,
    heapMb:
      samples.length > 0
        ? [samples[0], samples.at(-1)].map(({ heapUsed }) => Math.round(heapUsed / 2 ** 20))
        : undefined,
    cpu:
      samples.length > 0
        ? Number((samples.reduce((sum, { cpu }) => sum + cpu, 0) / samples.length).toFixed(2))
        : undefined,
  };
  if (values.json) console.log(JSON.stringify(result));
  else console.table(result);
}

/** Connects to the chat and calls `onLatency` with the latency of each message. */
async function connect(url, onLatency) {
  const socket = new WebSocket(url, 'tsexpose.chat.v1', { perMessageDeflate: false });
  await once(socket, 'open');
  socket.send('{"type":"hello","room":"load"}');
  await once(socket, 'message');
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const text = String(data);
    if (!text.startsWith('{"type":"message"')) return;
    onLatency(performance.now() - Number(JSON.parse(text).text.split(' ')[0]));
  });
  return socket;
}

async function startOnLoopback() {
  const child = spawn(process.execPath, ['--expose-gc', import.meta.filename, '--server'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const samples = [];
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, 'line');
  lines.on('line', (line) => samples.push(JSON.parse(line)));
  const urls = JSON.parse(first).ports.map((port) => `ws://127.0.0.1:${port}/-/ws`);
  return { urls, samples, close: () => child.kill() };
}

/** Starts the chat on a node and connects to it from the devices of people in the sandbox. */
async function startOnTailnet() {
  const { Sandbox } = await import('../dist/index.js');
  const people = Array.from({ length: PEOPLE }, (_, index) => {
    return { id: `person${index}`, login: `person${index}@example.com`, name: `Person ${index}` };
  });
  const sandbox = await Sandbox.start({ people });
  const { controlUrl } = sandbox;
  const env = { ...process.env, ...sandbox.env, TS_AUTHKEY: sandbox.authKey('person0'), BENCH_CONTROL_URL: controlUrl };
  const entry = new URL('../bin/run.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, 'chat', '--json', '--ephemeral', '--https', 'off'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  for (let ready = false; !ready; ) ready = JSON.parse((await once(lines, 'line'))[0]).event === 'ready';
  lines.on('line', () => {});
  const samples = [];
  const sampler = setInterval(() => samples.push(sampleOf(child.pid)), 1000);
  const urls = [];
  for (const { id } of people) urls.push(`${(await sandbox.door(id, 'chat:80')).url.replace('http', 'ws')}/-/ws`);
  return {
    urls,
    samples,
    async close() {
      clearInterval(sampler);
      child.kill();
      await once(child, 'exit');
      await sandbox.close();
    },
  };
}

/** Samples the memory and CPU time of another process (Linux). */
function sampleOf(pid) {
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const now = (Number(fields[11]) + Number(fields[12])) / 100;
  const cpu = now - (ticks.get(pid) ?? now);
  ticks.set(pid, now);
  return { rss, heapUsed: 0, cpu };
}
