/** Two parsers of request heads: the fast path's, in a process of its own, and Node's. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { GO_FLAGS } from '../../scripts/flags.mjs';

/** A head as the fast path reads it: `headers` in the order of the wire, the length of the body or -1 for chunks. */
export type FastHead = [method: string, target: string, headers: string[], length: number, upgrade: string];

/** A chunked body as the fast path reads it. */
export type FastBody = [data: number, size: number];

/** Builds and starts a parser of the fast path. It returns null for what is not accepted. */
export function startFastParser<T>(what: 'heads' | 'chunks'): (texts: readonly string[]) => Promise<(T | null)[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fast-path-'));
  const program = join(directory, what);
  // The flags of scripts/test.mjs, so that what is compiled there counts here.
  const flags = ['-buildmode=pie', ...GO_FLAGS];
  const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local', TSEXPOSE_READ: what };
  execFileSync('go', ['test', '-c', ...flags, '-o', program, './src/native/go/fastpath'], { env, stdio: 'inherit' });
  const child = spawn(program, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.stdin.end();
    rmSync(directory, { recursive: true });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (texts) => {
    for (const text of texts) {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(text.length);
      child.stdin.write(size);
      child.stdin.write(text, 'latin1');
    }
    const results: (T | null)[] = [];
    for (const _ of texts) results.push(JSON.parse((await lines.next()).value!) as T | null);
    return results;
  };
}

/** What Node's parser makes of some bytes. */
export interface NodeReading {
  /** The requests with the length of their bodies. */
  requests: { method: string; url: string; rawHeaders: string[]; body: number }[];
  /** Whether an upgrade was offered. */
  upgrade: boolean;
  /** Why the bytes were refused. */
  error: string | undefined;
}

/** A connection in memory. */
class Wire extends Duplex {
  reading: NodeReading = { requests: [], upgrade: false, error: undefined };

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }

  setTimeout(): this {
    return this;
  }
}

/** Starts Node's strict parser, in a server that is fed from memory. */
export function startNodeParser(): (text: string) => Promise<NodeReading> {
  const options = { insecureHTTPParser: false, maxHeaderSize: 256 * 1024, keepAliveTimeout: 0 };
  const server: Server = createServer(options, (request, response) => {
    const { reading } = request.socket as unknown as Wire;
    const { method = '', url = '', rawHeaders } = request;
    const seen = { method, url, rawHeaders, body: 0 };
    reading.requests.push(seen);
    request.on('data', (chunk: Buffer) => {
      seen.body += chunk.length;
    });
    request.on('end', () => response.end());
  });
  server.on('upgrade', (request: IncomingMessage, socket) => {
    // Not the socket of the event, which Node.js 26 wraps if there is a body.
    const { reading } = request.socket as unknown as Wire;
    const { method = '', url = '', rawHeaders } = request;
    reading.requests.push({ method, url, rawHeaders, body: 0 });
    reading.upgrade = true;
    socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    (socket as unknown as Wire).reading.error ??= error.code ?? error.message;
    socket.destroy();
  });
  return (text) =>
    new Promise((resolve) => {
      const wire = new Wire();
      wire.on('error', () => {}).on('close', () => resolve(wire.reading));
      server.emit('connection', wire);
      wire.push(Buffer.from(text, 'latin1'));
      wire.push(null);
    });
}
