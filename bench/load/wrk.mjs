// Load over HTTP/1.1: wrk keeps a number of connections busy with one request at a time each.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Returns why wrk cannot run, or undefined. */
export function missingWrk() {
  if (!spawnSync('wrk', ['-v']).error) return undefined;
  return 'The benchmarks require wrk. On Debian and Ubuntu: apt-get install wrk. On Fedora: dnf install wrk.';
}

/** @param {{ scheme, host, port, seconds, connections, body?: number }} options */
export async function wrk({ scheme, host, port, seconds, connections, body = 0 }) {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  const script = join(dir, 'load.lua');
  writeFileSync(script, lua(body));
  // The name is in the URL for the sake of SNI; the script connects to loopback.
  const url = `${scheme === 'https' ? 'https' : 'http'}://${host}:${port}/`;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, '-H', `Host: ${host}`, url];
  try {
    const { stdout } = await promisify(execFile)('wrk', args, { timeout: (seconds + 20) * 1000 });
    return JSON.parse(/RESULT (.*)/.exec(stdout)[1]);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const lua = (body) => `
local resolve = wrk.resolve
function wrk.resolve(_, service) resolve("127.0.0.1", service) end
${body > 0 ? `wrk.method = "POST"\nwrk.body = string.rep("x", ${body})` : ''}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {"count":%d,"seconds":%f,"p99":%f,"errors":%d}\\n',
    summary.requests - e.status, summary.duration / 1e6, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.timeout + e.status))
end
`;
