/** Debian's nginx and HAProxy, as services that read the PROXY protocol. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from '../free-port.ts';
import { isLeftOut } from '../requirement.ts';

const SERVERS = {
  nginx: {
    args: (file: string) => ['-e', 'stderr', '-c', file],
    config: (port: number, directory: string) => `
daemon off; master_process off; pid ${directory}/pid;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port} proxy_protocol;
    return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port";
  }
}
`,
  },
  haproxy: {
    args: (file: string) => ['-db', '-f', file],
    config: (port: number) => `
global
  maxconn 100
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend service
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"
`,
  },
};

/** A server that reads the PROXY protocol and answers with the addresses that it has read. */
export type ProxyServerName = keyof typeof SERVERS;

/** Whether the tests of a server cannot run here. In CI a missing one fails them instead. */
export function isMissing(name: ProxyServerName): boolean {
  return isLeftOut(name, find(name) !== undefined, `apt-get install ${name}`);
}

/** Starts a server on a free port; it ends with the test. */
export async function startProxyServer(name: ProxyServerName): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  const port = await freePort();
  const file = join(directory, 'config');
  writeFileSync(file, SERVERS[name].config(port, directory));
  const server = spawn(find(name) ?? name, SERVERS[name].args(file), { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr!.on('data', (chunk) => {
    log += chunk;
  });
  onTestFinished(async () => {
    await end(server);
    rmSync(directory, { recursive: true });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('exit', () => reject(new Error(`${name} has ended: ${log}`)));
    listening(port).then(resolve);
  });
  return port;
}

/** Debian keeps servers where users do not look. */
function find(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function listening(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', () => setTimeout(() => resolve(listening(port)), 20));
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.pid === undefined) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}
