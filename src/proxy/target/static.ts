/** Parses targets that the proxy answers itself. */
import { type BigIntStats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { LocalAnswer, Target } from './target-types.ts';

/**
 * Parses `text:…`, `redirect:URL`, or the path of a directory or a file (`.`, `./dist`, `/srv/www`, `~/a.pdf`). Returns
 * undefined for everything else, including what does not exist.
 */
export function parseLocalTarget(text: string): Target | undefined {
  if (/^text:./is.test(text)) return target(text, { type: 'text', text: text.slice('text:'.length) });
  const [, code = '302', location] = /^redirect:(?:(30[12378]):)?(https?:\/\/[\x21-\x7e]+)$/i.exec(text) ?? [];
  if (location && URL.canParse(withSamples(location))) {
    return target(text, { type: 'redirect', status: Number(code), location });
  }
  const path = pathOf(text);
  const kind = path === undefined ? undefined : kindOf(path);
  // No one means to serve all files of the machine.
  // rule: not all files of the machine are served — mutate: || path === '/' =>
  if (!path || !kind || path === '/') return undefined;
  if (kind.isDirectory()) return target(path, { type: 'files', root: path });
  return kind.isFile() ? target(path, { type: 'file', path }) : undefined;
}

/** Returns a location with what may stand for its parts, as in `tailscale serve`, filled in. */
function withSamples(location: string): string {
  return location.replace(/\$\{HOST\}/g, 'host.example').replace(/\$\{REQUEST_URI\}/g, '/path');
}

/**
 * Says what is wrong with a text that was meant as such a target; undefined if it was not meant as one.
 *
 * @param shown the text as a message may repeat it
 */
export function localFault(text: string, shown: string): { message: string; suggestions: string[] } | undefined {
  if (/^text:/i.test(text)) {
    return { message: 'Expected a text after text:, got none.', suggestions: ['tsexpose text:hello'] };
  }
  if (/^redirect:/i.test(text)) {
    const message = `Expected an http:// or https:// URL after redirect:, got ${JSON.stringify(shown)}.`;
    return { message, suggestions: ['tsexpose redirect:https://example.com/'] };
  }
  const kind = /^[a-z][\w.-]*$/i.test(text) ? kindOf(resolve(text)) : undefined;
  if (kind?.isDirectory() || kind?.isFile()) {
    const what = kind.isFile() ? 'file' : 'directory';
    const message = `Expected a path for a ${what}, such as ./${text}, got ${JSON.stringify(text)}.`;
    return { message, suggestions: [`tsexpose ./${text}`] };
  }
  const path = pathOf(text);
  if (path === undefined) return undefined;
  const [what, ...suggestions] = pathFault(path, shown);
  return { message: `Expected a directory or a file, and ${JSON.stringify(shown)} is ${what}.`, suggestions };
}

function pathFault(path: string, shown: string): [what: string, ...suggestions: string[]] {
  const kind = kindOf(path);
  if (path === '/') return ['all files of this machine', 'tsexpose ./dist'];
  if (kind?.isSocket()) return ['a unix socket', `tsexpose unix:${shown}`];
  if (kind) return ['neither', `tsexpose ${dirname(shown)}`];
  const cures = [`ls ${dirname(shown)}`, `tsexpose unix:${shown}`];
  return ['not there', ...(/\.sock(et)?$/.test(shown) ? cures.reverse() : cures)];
}

/** Returns the absolute path that a text means; undefined if it is not a path. */
function pathOf(text: string): string | undefined {
  if (!/^(\.{1,2}$|\.{0,2}\/(?!\/)|~\/)/.test(text) || text.includes('\0')) return undefined;
  return resolve(text.replace(/^~(?=\/)/, home));
}

function home(): string {
  try {
    return homedir();
  } catch {
    return '/'; // a user without an entry in /etc/passwd
  }
}

function target(url: string, local: LocalAnswer): Target {
  const nowhere = { host: 'localhost', port: 0, basePath: '', insecure: false, authority: 'localhost' };
  return { kind: 'http', protocol: 'http', ...nowhere, url, local };
}

function kindOf(path: string): BigIntStats | undefined {
  try {
    // As bigint, since Node.js follows no symbolic links to modules after statSync() of a socket (nodejs/node#51142).
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // in a directory that this user may not enter
  }
}
