// The programs that the benchmarks compare. Each runs as its own process and puts one local port on the sandbox's tailnet
// under its own name: as HTTP on port 80, HTTPS on port 443, or raw TCP on port 5432.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

/** The port on the tailnet by scheme. */
export const PORTS = { http: 80, https: 443, tcp: 5432 };

const FLAGS = ['-trimpath', '-ldflags=-s -w', '-tags=netgo,osusergo', '-buildmode=pie'];
const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };

/**
 * Builds Tailscale's programs from the same module version as tsexpose and returns their directory. Set
 * TSEXPOSE_BENCH_TAILSCALE to a directory of prebuilt programs to skip the build.
 */
export async function buildTailscale() {
  const out = process.env.TSEXPOSE_BENCH_TAILSCALE ?? join(root, 'build/tailscale');
  const programs = ['tailscale', 'tailscaled', 'tsnet-proxy'].map((name) => `tailscale.com/cmd/${name}`);
  if (!process.env.TSEXPOSE_BENCH_TAILSCALE) {
    console.error('Building tailscaled, tailscale, and tsnet-proxy (the first build takes several minutes)');
    await run('go', ['build', ...FLAGS, '-o', `${out}/`, ...programs], { cwd: join(root, 'bench/tailscale'), env });
  }
  return out;
}

/**
 * Returns how to start each reverse proxy.
 *
 * @returns {Record<string, (sandbox, port, name, options?: { https?: boolean, tcp?: boolean }) => Promise<{pid: number,
 *   output(): string, close(): Promise<void>}>>}
 */
export function contenders(bin) {
  return { tsexpose: tsexpose(), 'tailscale serve': tailscaleServe(bin), 'tsnet-proxy': tsnetProxy(bin) };
}

/** Builds the TCP forward and returns the path of its program. */
async function buildForward() {
  const out = join(root, 'build/tcp-forward');
  await run('go', ['build', ...FLAGS, '-o', out, './bench/tcp-forward'], { cwd: root, env });
  return out;
}

/** Builds what the benchmarks measure under these labels and returns how to start it. */
export async function measured(labels) {
  const has = (...some) => some.some((label) => labels.includes(label));
  const peers = has('tailscale serve', 'tsnet-proxy') ? contenders(await buildTailscale()) : {};
  const forward = has('Go TCP forward') ? tcpForward(await buildForward()) : undefined;
  return { ...peers, tsexpose: tsexpose(), 'tsexpose --json': tsexpose('--json'), 'Go TCP forward': forward };
}

/** The processes that are running, which end with this one. */
const children = new Set();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function start(command, args, sandbox, more = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...sandbox.env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => (output = `${output}${data}`.slice(-4096)));
  const exited = new Promise((resolve) => child.once('exit', resolve)).then(() => children.delete(child));
  const close = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };
  return { pid: child.pid, output: () => output, close };
}

const joining = (sandbox) => ({ TS_AUTHKEY: sandbox.authKey('alice'), TS_CONTROL_URL: sandbox.controlUrl });

function tsexpose(...flags) {
  return async (sandbox, port, name, { tcp = false } = {}) => {
    const target = tcp ? [`tcp://127.0.0.1:${port}`, '--port', String(PORTS.tcp)] : [String(port)];
    const args = [join(root, 'bin/run.js'), ...target, '--name', name, '--ephemeral', ...flags];
    return start(process.execPath, args, sandbox, joining(sandbox));
  };
}

/** Returns how to start a program that keeps its node's state in a directory. */
function withState(command, argsFor) {
  return async (sandbox, port, name, { https = false, tcp = false } = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'bench-'));
    const args = argsFor({ dir, port: String(port), name, https, tcp });
    const program = start(command, args, sandbox, joining(sandbox));
    return { ...program, close: () => program.close().then(() => rmSync(dir, { recursive: true })) };
  };
}

function tsnetProxy(bin) {
  return withState(join(bin, 'tsnet-proxy'), ({ dir, port, name, https, tcp }) => {
    if (tcp) return ['--dir', dir, name, port, String(PORTS.tcp)];
    return [https ? '--https' : '--http', '--dir', dir, name, port];
  });
}

function tcpForward(program) {
  return withState(program, ({ dir, port, name, https, tcp }) => {
    const tailnet = PORTS[tcp ? 'tcp' : https ? 'https' : 'http'];
    return [...(https ? ['-tls'] : []), '-dir', dir, name, port, String(tailnet)];
  });
}

function tailscaleServe(bin) {
  return async (sandbox, port, name, { https = false, tcp = false } = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'bench-'));
    const socket = join(dir, 'socket');
    const daemonArgs = ['--tun=userspace-networking', `--statedir=${dir}`, `--socket=${socket}`, '--port=0'];
    const daemon = start(join(bin, 'tailscaled'), daemonArgs, sandbox);
    const tailscale = (...args) => run(join(bin, 'tailscale'), [`--socket=${socket}`, ...args]);
    const up = ['up', '--login-server', sandbox.controlUrl, '--auth-key', sandbox.authKey('alice'), '--hostname', name];
    await until(
      () => tailscale(...up),
      () => daemon.output(),
    );
    const listener = tcp ? `--tcp=${PORTS.tcp}` : https ? '--https=443' : '--http=80';
    await tailscale('serve', '--bg', listener, `${tcp ? 'tcp' : 'http'}://127.0.0.1:${port}`);
    return { ...daemon, close: () => daemon.close().then(() => rmSync(dir, { recursive: true })) };
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
