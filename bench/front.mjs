// The contestants of the benchmarks: each puts one local port on the sandbox's tailnet under a name of its own, over
// plain HTTP on port 80 (HTTPS on port 443 where that is asked for), as a process of its own.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/** Builds the peers from the Tailscale module that tsexpose is built with, and returns where they are. */
export async function buildPeers() {
  const out = process.env.TSEXPOSE_PEERS ?? join(root, 'build/peers');
  const flags = ['-trimpath', '-ldflags=-s -w', '-tags=netgo,osusergo', '-buildmode=pie', '-o', `${out}/`];
  const programs = ['tailscale', 'tailscaled', 'tsnet-proxy'].map((name) => `tailscale.com/cmd/${name}`);
  if (!process.env.TSEXPOSE_PEERS) {
    console.error('building tailscaled, tailscale and tsnet-proxy (minutes the first time)');
    await run('go', ['build', ...flags, ...programs], { cwd: join(root, 'bench/peers') });
  }
  return out;
}

/** @returns {Record<string, (sandbox, port, name, options?: { https?: boolean }) => Promise<{pid: number, close(): Promise<void>}>>} */
export function contestants(peers) {
  return { tsexpose, 'tailscale serve': tailscaleServe(peers), 'tsnet-proxy': tsnetProxy(peers) };
}

function start(command, args, sandbox, env = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...sandbox.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => (output = `${output}${data}`.slice(-4096)));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const close = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { child, close, output: () => output, exited };
}

async function tsexpose(sandbox, port, name) {
  const args = [join(root, 'bin/run.js'), String(port), '--name', name, '--ephemeral', '--json'];
  const env = { TS_AUTHKEY: sandbox.authKey('alice'), TS_CONTROL_URL: sandbox.controlUrl };
  const { child, close } = start(process.execPath, args, sandbox, env);
  return { pid: child.pid, stdout: child.stdout, close };
}

function tsnetProxy(peers) {
  return async (sandbox, port, name, { https = false } = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'bench-'));
    const env = { TS_AUTHKEY: sandbox.authKey('alice'), TS_CONTROL_URL: sandbox.controlUrl };
    const { child, close } = start(
      join(peers, 'tsnet-proxy'),
      [https ? '--https' : '--http', '--dir', dir, name, String(port)],
      sandbox,
      env,
    );
    return { pid: child.pid, close: () => close().then(() => rmSync(dir, { recursive: true })) };
  };
}

function tailscaleServe(peers) {
  return async (sandbox, port, name, { https = false } = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'bench-'));
    const socket = join(dir, 'socket');
    const daemonArgs = ['--tun=userspace-networking', `--statedir=${dir}`, `--socket=${socket}`, '--port=0'];
    const { child, close, output } = start(join(peers, 'tailscaled'), daemonArgs, sandbox);
    const tailscale = (...args) => run(join(peers, 'tailscale'), [`--socket=${socket}`, ...args]);
    const up = ['up', '--login-server', sandbox.controlUrl, '--auth-key', sandbox.authKey('alice'), '--hostname', name];
    await until(
      () => tailscale(...up),
      () => output(),
    );
    await tailscale('serve', '--bg', https ? '--https=443' : '--http=80', `http://127.0.0.1:${port}`);
    return { pid: child.pid, close: () => close().then(() => rmSync(dir, { recursive: true })) };
  };
}

/** Tries until it succeeds, for at most 20 seconds. */
export async function until(attempt, explain = () => '') {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${error.message}\n${explain()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** CPU time of a process so far, in microseconds (user and system). */
export function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Resident memory of a process in MB. */
export function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
