import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EMOJI } from '../room/emoji.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

/** A file of the page, ready to send. */
export interface PageFile {
  type: string;
  body: Buffer;
  gzipped: Buffer;
  etag: string;
}

/**
 * Reads the files of the chat's page, by file name alone: the page does not know the folders they are sorted into.
 * `emoji.json` is made from the table that the chat itself uses.
 */
export function loadPage(directory = join(import.meta.dirname, 'page')): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(path)];
    if (type) files.set(basename(path), pageFile(type, readFileSync(join(directory, path))));
  }
  files.set('emoji.json', pageFile(TYPES['.json'] ?? '', Buffer.from(JSON.stringify([...EMOJI]))));
  return files;
}

function pageFile(type: string, body: Buffer): PageFile {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
  return { type, body, gzipped: gzipSync(body, { level: 9 }), etag };
}
