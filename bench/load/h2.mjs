// Load over HTTP/2: h2load if it is installed (Debian: nghttp2-client), or else Node.js.
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inChild, percentile } from './child.mjs';

/** Returns the name of the program that makes the requests. */
export const h2Client = () => (spawnSync('h2load', ['--version']).error ? 'node:http2' : 'h2load');

/** @param {{ host, port, ca, seconds, connections, streams }} options */
export async function h2(options) {
  if (h2Client() === 'h2load') return h2load(options);
  const { result, stop } = await inChild(import.meta.filename, options);
  await stop();
  return result;
}

async function h2load({ host, port, seconds, connections, streams }) {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  const log = join(dir, 'requests');
  const load = ['-t1', `-c${connections}`, `-m${streams}`, `-D${seconds}`, `--log-file=${log}`, '--npn-list=h2'];
  const args = [...load, `--connect-to=127.0.0.1:${port}`, `https://${host}/`];
  try {
    const { stdout } = await promisify(execFile)('h2load', args, { timeout: (seconds + 20) * 1000 });
    if (!/Application protocol: h2/.test(stdout)) throw new Error('it does not speak HTTP/2');
    const rows = readFileSync(log, 'utf8').trim().split('\n');
    const requests = rows.map((row) => row.split('\t').map(Number));
    const latencies = requests.filter(([, status]) => status === 200).map(([, , microseconds]) => microseconds / 1000);
    const errors = requests.length - latencies.length;
    return { count: latencies.length, seconds, p99: percentile(latencies, 0.99), errors };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Makes the requests with Node.js. */
export default async function node({ host, port, ca, seconds, connections, streams }) {
  const latencies = [];
  let errors = 0;
  let until = 0;
  const connect = async () => {
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca, servername: host });
    await once(session, 'connect');
    return session;
  };
  const exchange = async (session) => {
    const began = performance.now();
    const stream = session.request({ ':authority': host });
    const [headers] = await once(stream, 'response');
    await once(stream.resume(), 'close');
    if (headers[':status'] === 200) latencies.push(performance.now() - began);
    else errors += 1;
  };
  const sessions = await Promise.all(Array.from({ length: connections }, connect));
  const began = performance.now();
  until = began + seconds * 1000;
  const lanes = sessions.flatMap((session) => Array(streams).fill(session));
  await Promise.all(
    lanes.map(async (session) => {
      while (performance.now() < until) await exchange(session);
    }),
  );
  const elapsed = (performance.now() - began) / 1000;
  return { count: latencies.length, seconds: elapsed, p99: percentile(latencies, 0.99), errors };
}
