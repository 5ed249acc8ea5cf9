/** Targets that are answered by the proxy itself, as they are typed. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { LocalAnswer } from './local.ts';
import type { Target } from './target.ts';

/**
 * Reads `text:…`, `redirect:URL` or the path of a directory (`.`, `./dist`, `/srv/www`, `~/www`); undefined for
 * everything else, a directory that is not there included.
 */
export function parseLocalTarget(text: string): Target | undefined {
  if (/^text:./is.test(text)) return target(text, { type: 'text', text: text.slice('text:'.length) });
  const location = /^redirect:(https?:\/\/[\x21-\x7e]+)$/i.exec(text)?.[1];
  if (location && URL.canParse(location)) return target(text, { type: 'redirect', location });
  if (!/^(\.{1,2}$|\.{0,2}\/(?!\/)|~\/)/.test(text) || text.includes('\0')) return undefined;
  const root = resolve(text.replace(/^~(?=\/)/, homedir()));
  // Nobody means all files of the machine.
  return root !== '/' && isDirectory(root) ? target(root, { type: 'files', root }) : undefined;
}

function target(url: string, local: LocalAnswer): Target {
  const nowhere = { host: 'localhost', port: 0, basePath: '', insecure: false, authority: 'localhost' };
  return { kind: 'http', protocol: 'http', ...nowhere, url, local };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
