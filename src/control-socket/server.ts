/**
 * The HTTP server with which a running node answers other processes of the same user. It listens on a unix socket in a
 * private directory, so the file system decides who may ask.
 *
 * | Request                | Response                                          |
 * |------------------------|---------------------------------------------------|
 * | `GET /status`          | {@link NodeStatus}                                |
 * | `GET /whois?address=A` | `Identity`                                        |
 * | `POST /close`          | `{"closing":true}`; then the exposure closes      |
 *
 * An error is `{code, message, suggestions}`.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { TsexposeError } from '../errors.ts';
import type { NodeState } from '../events.ts';
import type { Identity } from '../identity/identity.ts';
import { openRuntimeDirectory } from './directory.ts';

/** The status of a running node. */
export interface NodeStatus {
  pid: number;
  /** Start time, ISO 8601. */
  startedAt: string;
  name: string;
  fqdn: string;
  urls: string[];
  ips: string[];
  /** The target as a URL. */
  target: string;
  state: NodeState;
  /** Name of the tailnet; empty while the node is not connected. */
  tailnet: string;
  /** Login of the node's owner; empty for a tagged node. */
  user: string;
  tags: string[];
  /** Where to log in; absent unless the node is waiting for a login. */
  loginUrl?: string;
  /** Expiry of the node's key, ISO 8601; absent if it does not expire. */
  keyExpiry?: string;
  /** Problems that the node itself reports. */
  health: string[];
  /** Number of other devices on the tailnet that the node knows. */
  peers: number;
  /** Path of its log, if it runs in the background. */
  log?: string;
  /** Whether its tailnet is a sandbox. Absent otherwise. */
  sandbox?: true;
  activity?: NodeActivity;
}

/** Who calls a running node, and how often. */
export interface NodeActivity {
  /** Connections since the start. */
  connections: number;
  /** Requests since the start. */
  requests: number;
  /** Requests that failed: with a status from 500, or because the caller left first. */
  failed: number;
  /** Requests in the last minute. */
  lastMinute: number;
  /** Who was there in the last five minutes, the latest first; a hundred at most. */
  callers: string[];
}

/** The type of Prometheus' text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The exposure behind the server, as three functions. */
export interface NodeStatusSource {
  status(): Promise<Omit<NodeStatus, 'pid' | 'startedAt'>>;
  whois(address: string): Promise<Identity>;
  /** Returns metrics in the text format of Prometheus; undefined if there are none yet. */
  metrics?(): Promise<string | undefined>;
  close(): void;
}

/** A published control socket. */
export interface ControlSocket extends AsyncDisposable {
  readonly path: string;
  /** Stops answering and removes the socket. */
  close(): Promise<void>;
}

/**
 * Opens a control socket, through which this user's other processes reach a running exposure.
 *
 * @param directory Directory for the socket. @default the runtime directory
 * @throws `ERR_TSEXPOSE_STATE_DIR` if the directory is not private to this user, or the socket cannot be created.
 */
export async function openControlSocket(source: NodeStatusSource, directory?: string): Promise<ControlSocket> {
  const stem = join(await openRuntimeDirectory(directory), `${process.pid}-${randomBytes(3).toString('hex')}`);
  const server = createControlServer(source);
  const path = `${stem}.sock`;
  try {
    server.listen(`${stem}.new`);
    await once(server, 'listening');
    // rule: only its user can open a control socket
    await chmod(`${stem}.new`, 0o600);
    // `findNodes` removes sockets that refuse connections, so the final name appears only after `listen`.
    await rename(`${stem}.new`, path);
  } catch (cause) {
    server.close();
    const message = `Could not create a socket in ${dirname(path)}: ${(cause as Error).message}.`;
    throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', message, {
      suggestions: ['Set XDG_RUNTIME_DIR to a directory that you own.'],
      cause,
    });
  }
  // Only the exposure itself keeps the process alive.
  server.unref();
  const close = async () => {
    await rm(path, { force: true });
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { path, close, [Symbol.asyncDispose]: close };
}

function createControlServer(source: NodeStatusSource): Server {
  const startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  return createServer(async (request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      if (request.method === 'GET' && request.url?.split('?')[0] === '/metrics') {
        const text = (await source.metrics?.()) ?? '';
        response.writeHead(text === '' ? 503 : 200, { 'content-type': METRICS_TYPE }).end(text);
        return;
      }
      reply(200, await respond(request));
    } catch (error) {
      const { code, message, suggestions } = error as TsexposeError;
      reply(code === 'ERR_TSEXPOSE_NOT_FOUND' ? 404 : 500, { code, message, suggestions });
    }
  });

  async function respond(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://tsexpose');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /status':
        return { pid: process.pid, startedAt, ...(await source.status()) };
      case 'GET /whois':
        return source.whois(url.searchParams.get('address') ?? '');
      case 'POST /close':
        source.close();
        return { closing: true };
      default:
        throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', `Unknown request: ${request.method} ${url.pathname}`);
    }
  }
}
