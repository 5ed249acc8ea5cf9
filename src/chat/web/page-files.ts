import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EMOJI } from '../room/emoji.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

/** A file of the page, ready to be sent. */
export interface PageFile {
  type: string;
  body: Buffer;
  gzipped: Buffer;
  etag: string;
}

/** The files of the chat's page by name; `emoji.json` is made from the table that the chat itself uses. */
export function loadPage(directory = join(import.meta.dirname, 'page')): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(directory)) {
    files.set(name, pageFile(TYPES[extname(name)] ?? 'application/octet-stream', readFileSync(join(directory, name))));
  }
  files.set('emoji.json', pageFile(TYPES['.json'] ?? '', Buffer.from(JSON.stringify([...EMOJI]))));
  return files;
}

function pageFile(type: string, body: Buffer): PageFile {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
  return { type, body, gzipped: gzipSync(body, { level: 9 }), etag };
}
