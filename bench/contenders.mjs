// The programs that the benchmarks compare. Each runs as its own process and puts one local port on the sandbox's tailnet
// under its own name, over HTTP on port 80 (or HTTPS on port 443 with `https: true`).
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/**
 * Builds Tailscale's programs from the same module version as tsexpose and returns their directory. Set
 * TSEXPOSE_BENCH_TAILSCALE to a directory of prebuilt programs to skip the build.
 */
export async function buildTailscale() {
  const out = process.env.TSEXPOSE_BENCH_TAILSCALE ?? join(root, 'build/tailscale');
  const flags = ['-trimpath', '-ldflags=-s -w', '-tags=netgo,osusergo', '-buildmode=pie', '-o', `${out}/`];
  const programs = ['tailscale', 'tailscaled', 'tsnet-proxy'].map((name) => `tailscale.com/cmd/${name}`);
  if (!process.env.TSEXPOSE_BENCH_TAILSCALE) {
    console.error('Building tailscaled, tailscale, and tsnet-proxy (the first build takes several minutes)');
    await run('go', ['build', ...flags, ...programs], { cwd: join(root, 'bench/tailscale') });
  }
  return out;
}

/**
 * Returns how to start each program.
 *
 * @returns {Record<string, (sandbox, port, name, options?: { https?: boolean }) => Promise<{pid: number, close(): Promise<void>}>>}
 */
export function contenders(bin) {
  return { tsexpose, 'tailscale serve': tailscaleServe(bin), 'tsnet-proxy': tsnetProxy(bin) };
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

function tsnetProxy(bin) {
  return async (sandbox, port, name, { https = false } = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'bench-'));
    const env = { TS_AUTHKEY: sandbox.authKey('alice'), TS_CONTROL_URL: sandbox.controlUrl };
    const { child, close } = start(
      join(bin, 'tsnet-proxy'),
      [https ? '--https' : '--http', '--dir', dir, name, String(port)],
      sandbox,
      env,
    );
    return { pid: child.pid, close: () => close().then(() => rmSync(dir, { recursive: true })) };
  };
}

function tailscaleServe(bin) {
  return async (sandbox, port, name, { https = false } = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'bench-'));
    const socket = join(dir, 'socket');
    const daemonArgs = ['--tun=userspace-networking', `--statedir=${dir}`, `--socket=${socket}`, '--port=0'];
    const { child, close, output } = start(join(bin, 'tailscaled'), daemonArgs, sandbox);
    const tailscale = (...args) => run(join(bin, 'tailscale'), [`--socket=${socket}`, ...args]);
    const up = ['up', '--login-server', sandbox.controlUrl, '--auth-key', sandbox.authKey('alice'), '--hostname', name];
    await until(
      () => tailscale(...up),
      () => output(),
    );
    await tailscale('serve', '--bg', https ? '--https=443' : '--http=80', `http://127.0.0.1:${port}`);
    return { pid: child.pid, close: () => close().then(() => rmSync(dir, { recursive: true })) };
  };
}

/** Retries until the attempt succeeds, for at most 20 seconds. */
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

/** Returns the CPU time (user and system) that a process has used so far, in microseconds. */
export function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Returns the resident memory of a process in MB. */
export function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
