/**
 * A running exposure answers questions of other processes of the same user: who is behind an address, and how the node
 * is. It does so over HTTP on a unix socket in a private directory, so the file system decides who may ask.
 *
 * | Request                | Answer                                            |
 * |------------------------|---------------------------------------------------|
 * | `GET /status`          | {@link NodeStatus}                            |
 * | `GET /whois?address=A` | `Identity`                                        |
 * | `POST /close`          | `{"closing":true}`, and then the exposure closes  |
 *
 * A failure is answered with `{code, message, suggestions}`.
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

/** What a running exposure tells about itself. */
export interface NodeStatus {
  pid: number;
  /** When it was started, ISO 8601. */
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
  /** When the node's key expires, ISO 8601; absent when it does not. */
  keyExpiry?: string;
  /** What the node itself reports as wrong. */
  health: string[];
  /** Other devices of the tailnet that the node knows. */
  peers: number;
}

/** Who answers: the exposure, seen as three functions. */
export interface NodeStatusSource {
  status(): Promise<Omit<NodeStatus, 'pid' | 'startedAt'>>;
  whois(address: string): Promise<Identity>;
  close(): void;
}

/** A published control socket. */
export interface ControlSocket extends AsyncDisposable {
  readonly path: string;
  /** Stops answering and removes the socket. */
  close(): Promise<void>;
}

/**
 * Publishes a running exposure to this user's other processes.
 *
 * @param directory Where the socket goes. @default the runtime directory
 * @throws `ERR_TSEXPOSE_STATE_DIR` when the directory is not private to this user, or there can be no socket in it.
 */
export async function openControlSocket(source: NodeStatusSource, directory?: string): Promise<ControlSocket> {
  const stem = join(await openRuntimeDirectory(directory), `${process.pid}-${randomBytes(3).toString('hex')}`);
  const server = createControlServer(source);
  const path = `${stem}.sock`;
  try {
    server.listen(`${stem}.new`);
    await once(server, 'listening');
    await chmod(`${stem}.new`, 0o600);
    // Finders remove sockets that refuse them, so the name they look for appears only once it accepts.
    await rename(`${stem}.new`, path);
  } catch (cause) {
    server.close();
    const message = `Expected to make a socket in ${dirname(path)}, but ${(cause as Error).message}.`;
    throw new TsexposeError('ERR_TSEXPOSE_STATE_DIR', message, {
      suggestions: ['Set XDG_RUNTIME_DIR to a directory of your own.'],
      cause,
    });
  }
  // The exposure keeps the process alive, not those who ask about it.
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
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      answer(200, await respond(request));
    } catch (error) {
      const { code, message, suggestions } = error as TsexposeError;
      answer(code === 'ERR_TSEXPOSE_NOT_FOUND' ? 404 : 500, { code, message, suggestions });
    }
  });

  async function respond(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://instance');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /status':
        return { pid: process.pid, startedAt, ...(await source.status()) };
      case 'GET /whois':
        return source.whois(url.searchParams.get('address') ?? '');
      case 'POST /close':
        source.close();
        return { closing: true };
      default:
        throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', `Expected a known request, got ${url.pathname}.`);
    }
  }
}
